"""What dynos take and how fast they answer: counted, kept, told; and in the app's log for those who want it."""
import os
import re
import sqlite3
import subprocess
import unittest

from davit_e2e import BIN, DavitTest, wait_until

# Busy for a while, holds some memory, answers slowly or badly when it is asked to.
APP = """
const held = Buffer.alloc(40 * 1024 * 1024, 1);
require('http').createServer((q, s) => {
  const url = new URL(q.url, 'http://x');
  const wait = Number(url.searchParams.get('wait') || 0);
  if (url.pathname === '/burn') { const end = Date.now() + 3000; while (Date.now() < end); }
  setTimeout(() => { s.statusCode = url.pathname === '/bad' ? 500 : 200; s.end(String(held.length)); }, wait);
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


class Metrics(DavitTest):
    def setUp(self):
        super().setUp()
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.commit(folder, "files", server__js=APP, Procfile="web: node server.js\nworker: sleep 100000\n")
        self.davit.push(folder)
        self.davit.scale("shop", worker=1)

    def tool(self, *args):
        env = {**self.davit.git_env, "PATH": f"{BIN}:{self.davit.git_env['PATH']}",
               "DAVIT_URL": f"http://localhost:{self.davit.port}", "DAVIT_API_KEY": self.davit.key}
        done = subprocess.run([BIN / "davit", *args, "-a", "shop"], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(done.returncode, 0, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout

    def metrics(self, query="since=10m"):
        return self.davit.api("GET", f"/apps/shop/metrics?{query}")

    def test_series_tell_of_dynos_and_requests_and_outlive_davitd(self):
        self.davit.get("shop", "/burn")
        for _ in range(8):
            self.davit.get("shop", "/?wait=150")
        self.davit.get("shop", "/bad")

        def told():
            metrics = self.metrics()
            dynos = {dyno["name"]: dyno for dyno in metrics["dynos"]}
            known = all(any(v is not None for v in dynos.get(n, {}).get("cpu_percent", [])) for n in ("web.1", "worker.1"))
            return metrics if known and metrics["summary"]["requests"] == 10 else None
        metrics = wait_until(lambda: f"all of it in {self.metrics()}", told)
        dynos = {dyno["name"]: dyno for dyno in metrics["dynos"]}
        self.assertEqual(metrics["summary"]["errors"], 1)
        self.assertEqual(sum(metrics["requests"]["5xx"]), 1)
        self.assertEqual(len(metrics["requests"]["total"]), metrics["points"])
        self.assertGreaterEqual(metrics["summary"]["response_ms"]["p50"], 140)
        self.assertGreaterEqual(metrics["summary"]["response_ms"]["p99"], 2000)
        web = dynos["web.1"]
        self.assertGreater(max(v or 0 for v in web["memory_bytes"]), 40 * 1024 * 1024)
        self.assertEqual(web["quota_bytes"], 512 * 1024 * 1024)
        self.assertGreaterEqual(max(v or 0 for v in web["processes"]), 2)
        self.assertEqual([d["name"] for d in self.metrics("type=worker")["dynos"]], ["worker.1"])
        self.davit.api("GET", "/apps/shop/metrics?since=24h&step=10s", expect=422)
        other = self.davit.api("POST", "/davit/users", {"email": "other@example.com"})
        self.davit.api("GET", "/apps/shop/metrics", key=other.get("api_key") or other.get("token"), expect=404)

        table = self.tool("metrics", "--since", "10m")
        self.assertRegex(table, r"(?m)^Dyno +CPU +mean +most +Memory")
        self.assertRegex(table, r"(?m)^web\.1 +\d+\.\d%")
        self.assertRegex(table, r"(?m)^10 +1 +\d+ms")
        self.assertNotRegex(table, "[▁▂▃▄▅▆▇█\x1b]")

        self.davit.kill()
        self.davit.start()
        self.assertEqual(self.metrics()["summary"]["requests"], 10)

        # The file may be lost without harm.
        self.davit.kill()
        path = self.davit.data / "metrics.db"
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        for suffix in ("", "-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.write_bytes(b"no database" * 1000)
        self.davit.start()
        self.assertEqual(self.davit.get("shop").status, 200)
        wait_until("new numbers", lambda: self.metrics()["dynos"])
        self.assertTrue(path.with_name("metrics.db.broken").exists())
        with sqlite3.connect(path) as database:
            self.assertEqual(database.execute("PRAGMA quick_check").fetchone()[0], "ok")

    def test_runtime_metrics_are_in_the_log_of_those_who_want_them(self):
        self.assertNotIn("sample#", self.davit.logs("shop"))
        self.assertIn("[ ] log-runtime-metrics", self.tool("labs"))
        self.tool("labs:enable", "log-runtime-metrics")
        self.assertIn("[+] log-runtime-metrics", self.tool("labs"))
        line = r"heroku\[web\.1\]: source=web\.1 dyno=heroku\.[0-9a-f.-]+ sample#"
        wait_until("the lines", lambda: re.search(line + "load_avg_1m", self.davit.logs("shop")))
        found = re.search(line + r"memory_total=([0-9.]+)MB sample#memory_rss=([0-9.]+)MB .* "
                                 r"sample#memory_quota=512\.00MB", self.davit.logs("shop"))
        self.assertTrue(found, self.davit.logs("shop"))
        self.assertGreater(float(found[2]), 40)
        self.tool("labs:disable", "log-runtime-metrics")
        self.assertIn("app[api]: Disable feature log-runtime-metrics by user", self.davit.logs("shop"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
