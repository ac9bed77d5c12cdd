"""Logs: whole lines, long ones, odd bytes, floods, filters, and what is left after a restart."""
import os
import re
import subprocess
import unittest

# What a sanitizer keeps of freed memory must not hide what the programs hold.
os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=16"

from davit_e2e import BIN, DavitTest, wait_until  # noqa: E402

TALKER = r"""
const http = require('http');
const out = (b) => process.stdout.write(b);
http.createServer((q, s) => {
  const url = new URL(q.url, 'http://x');
  const n = Number(url.searchParams.get('n'));
  if (url.pathname === '/lines') for (let i = 0; i < n; i++) out(`line ${i} ${'x'.repeat(i % 200)}\n`);
  if (url.pathname === '/long') out('<' + 'y'.repeat(n) + '>\n');
  if (url.pathname === '/bytes') out(Buffer.concat([Buffer.from('odd '), Buffer.from([0xff, 0xfe, 0x80, 0, 7]), Buffer.from(' end\n')]));
  if (url.pathname === '/say') out(url.searchParams.get('text') + '\n');
  s.end('ok');
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf8") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


class Logs(DavitTest):
    def deploy(self, name, **files):
        self.davit.create(name)
        folder = self.davit.checkout(name, "hello-node")
        self.davit.commit(folder, "files", server__js=TALKER, **files)
        self.davit.push(folder)

    def tool(self, app, *args):
        env = {**self.davit.git_env, "PATH": f"{BIN}:{self.davit.git_env['PATH']}",
               "DAVIT_URL": f"http://localhost:{self.davit.port}", "DAVIT_API_KEY": self.davit.key}
        done = subprocess.run([BIN / "davit", *args, "-a", app], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(done.returncode, 0, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout

    def wait_for(self, app, text):
        return wait_until(lambda: f"{text!r} in the log of {app}:\n{self.davit.logs(app)[-3000:]}",
                          lambda: text in self.davit.logs(app))

    def platform_lines(self):
        return self.tool("flood", "logs", "--source", "heroku", "-n", "1500")

    def wait_for_loss(self, dyno):
        text = f"heroku[{dyno}.1]: Error L10 (output buffer overflow): "
        wait_until(text, lambda: text in self.platform_lines())

    def test_lines_come_whole_and_in_order_and_long_ones_are_cut_with_a_mark(self):
        self.deploy("talk")
        self.davit.get("talk", "/lines?n=1400")
        self.wait_for("talk", "line 1399 ")
        found = re.findall(r"app\[web\.1\]: line (\d+) (x*)$", self.davit.logs("talk"), re.M)
        self.assertEqual([int(n) for n, _ in found], list(range(1400)))
        self.assertTrue(all(len(rest) == int(n) % 200 for n, rest in found))

        self.davit.get("talk", "/long?n=25000")
        self.wait_for("talk", "y>")
        pieces = re.findall(r"app\[web\.1\]: (<?y+.*)$", self.davit.logs("talk", 50), re.M)
        self.assertEqual([len(p) for p in pieces], [10_003, 10_003, 5_002])
        self.assertEqual([p.endswith("[…]") for p in pieces], [True, True, False])

        self.davit.get("talk", "/bytes")
        self.wait_for("talk", " end")
        odd = [line for line in self.davit.logs("talk", 50).splitlines() if "odd " in line]
        self.assertEqual(len(odd), 1, odd)
        self.assertIn("odd \ufffd\ufffd\ufffd", odd[0])

    def test_the_tool_filters_follows_and_finds_history_after_a_restart(self):
        self.deploy("talk")
        self.davit.get("talk", "/say?text=before")
        self.wait_for("talk", "before")
        self.wait_for("talk", "heroku[router]")
        self.davit.kill()
        self.davit.start()
        self.assertIn("app[web.1]: before", self.tool("talk", "logs", "--source", "app"))
        self.assertNotIn("heroku[", self.tool("talk", "logs", "--source", "app"))
        router = self.tool("talk", "logs", "--dyno", "router", "-n", "500")
        self.assertIn('path="/say?text=before"', router)
        self.assertNotIn("app[web.1]", router)
        self.assertEqual(len(self.tool("talk", "logs", "-n", "3").splitlines()), 3)

        env = {**self.davit.git_env, "DAVIT_URL": f"http://localhost:{self.davit.port}",
               "DAVIT_API_KEY": self.davit.key}
        tail = subprocess.Popen([BIN / "davit", "logs", "--tail", "--dyno", "web.1", "--source", "app", "-a", "talk"],
                                env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(tail.wait)
        self.addCleanup(tail.kill)
        self.davit.get("talk", "/say?text=after")
        with tail.stdout:
            for line in tail.stdout:
                self.assertIn("app[web.1]", line)
                if "after" in line:
                    break

    def test_a_flood_is_counted_and_costs_others_nothing(self):
        self.deploy("talk")
        self.deploy("flood", Procfile="web: node server.js\nflooder: yes abcdefghijklmnopqrstuvwxyz\n"
                                      "endless: head -c 2000000000 /dev/zero | tr '\\\\000' z\n")
        pid = self.davit.process.pid
        before = resident_mb(pid)
        known = set(self.davit.launcher_pids())
        self.davit.scale("flood", flooder=1)
        self.wait_for_loss("flooder")
        launcher, = set(self.davit.launcher_pids()) - known
        most = most_launcher = 0
        for number in range(20):
            self.davit.get("talk", f"/say?text=prompt-{number}")
            wait_until("another app's line", lambda: f"prompt-{number}" in self.davit.logs("talk", 20), 10)
            most = max(most, resident_mb(pid))
            most_launcher = max(most_launcher, resident_mb(launcher))
        # Many times the gate's rate went by meanwhile.
        wait_until("a second count", lambda: self.platform_lines().count("Error L10") >= 2)
        self.assertLess(most - before, 200, "davitd's memory in MB")
        self.assertLess(most_launcher, 150, "davit-dyno's memory in MB")
        dropped = [int(n) for n in re.findall(r"heroku\[flooder\.1\]: Error L10 \(output buffer overflow\): "
                                              r"(\d+) messages dropped since \d{4}-\S+\.$",
                                              self.platform_lines(), re.M)]
        self.assertGreater(sum(dropped), 10_000)
        lines = re.findall(r"app\[flooder\.1\]: (.*)$", self.davit.logs("flood"), re.M)
        torn = [line for line in lines if line != "abcdefghijklmnopqrstuvwxyz"]
        self.assertLess(len(torn), len(lines) / 10, "only around a gap is a line torn")
        self.davit.scale("flood", flooder=0)
        wait_until("the flooder ends in time", lambda: len(self.davit.dynos("flood")) == 1)

        # Without a single newline: pieces of a bounded size, and the same gate.
        self.davit.scale("flood", endless=1)
        wait_until("it is cut", lambda: "[…]" in self.davit.logs("flood"))
        self.wait_for_loss("endless")
        self.assertLess(resident_mb(pid) - before, 200)
        self.davit.scale("flood", endless=0)
        wait_until("it ends in time", lambda: len(self.davit.dynos("flood")) == 1)
        size = sum(f.stat().st_size for f in (self.davit.data / "logs").rglob("*.log"))
        self.assertLess(size, 40 * 1024 * 1024, "two apps' budgets")


if __name__ == "__main__":
    unittest.main(verbosity=2)
