"""States, sizes, restarts and back-off: what a dyno goes through, as people see it."""
import re
import subprocess
import unittest

from davit_e2e import BIN, DavitTest, Load, wait_until

# Says when it starts and when it is gone, and takes a moment in between.
WORKER = """
console.log('start ' + process.pid);
const timer = setInterval(() => {}, 1000);
process.on('SIGTERM', () => setTimeout(() => { console.log('end'); process.exit(0); }, 300));
"""


class Lifecycle(DavitTest):
    def test_a_crashing_worker_waits_ever_longer_and_says_so(self):
        self.deploy(Procfile="web: node server.js\nworker: nodee worker.js\n")
        self.davit.scale("shop", worker=1)

        def crashed():
            dynos = [d for d in self.davit.dynos("shop") if d["name"] == "worker.1"]
            return dynos[0] if dynos and dynos[0]["state"] == "crashed" and dynos[0]["crashes"] >= 3 else None
        dyno = wait_until("the third crash", crashed)
        self.assertEqual(dyno["reason"], "exited with status 127")
        self.assertIsNotNone(dyno["retry_at"])
        self.assertRegex(self.tool("ps").stdout, r"worker\.1: crashed .*: exited with status 127; starts again in \d s")
        why = self.tool("why").stdout
        self.assertIn("was not found", why)
        self.assertIn("times in a row", why)
        self.assert_in_order(self.davit.logs("shop"),
                             "heroku[worker.1]: Starting process with command `nodee worker.js`",
                             "heroku[worker.1]: State changed from starting to up",
                             "heroku[worker.1]: Process exited with status 127",
                             "heroku[worker.1]: State changed from up to crashed",
                             "heroku[worker.1]: State changed from crashed to starting",
                             "heroku[worker.1]: Starting process with command `nodee worker.js`")
        # A new davitd does not start it earlier than the old one would have.
        self.davit.kill()
        self.davit.start()
        again = [d for d in self.davit.dynos("shop") if d["name"] == "worker.1"][0]
        self.assertGreaterEqual(again["crashes"], dyno["crashes"])
        # Its web dyno never minded.
        self.assertEqual(self.davit.get("shop").status, 200)

    def test_what_was_stopped_stays_stopped_until_it_is_restarted(self):
        self.deploy()
        self.davit.scale("shop", web=2)
        self.davit.up("shop", 2)
        self.tool("ps:stop", "web.2")
        wait_until("it is down", lambda: [d["state"] for d in self.davit.dynos("shop")] == ["up", "down"])
        self.davit.kill()
        self.davit.start()
        self.assertEqual([d["state"] for d in self.davit.dynos("shop")], ["up", "down"])
        self.assertEqual([p["code"] for p in self.davit.api("GET", "/davit/why/shop")["problems"]], ["D11"])
        self.tool("ps:restart", "web.2")
        self.davit.up("shop", 2)
        self.assert_in_order(self.davit.logs("shop"),
                             "app[api]: Stopping web.2 by user",
                             "heroku[web.2]: Stopping all processes with SIGTERM",
                             "heroku[web.2]: State changed from up to down",
                             "app[api]: Restarting web.2 by user",
                             "heroku[web.2]: State changed from down to starting",
                             "heroku[web.2]: State changed from starting to up")

    def test_an_exit_after_our_own_sigterm_is_no_crash(self):
        self.deploy()
        self.davit.scale("shop", web=0)
        wait_until("it is gone", lambda: self.davit.dynos("shop") == [])
        logs = self.davit.logs("shop")
        self.assertNotIn("crashed", logs)
        self.assert_in_order(logs, "heroku[web.1]: Stopping all processes with SIGTERM",
                             "heroku[web.1]: Process exited with status 0",
                             "heroku[web.1]: State changed from up to down")
        self.davit.scale("shop", web=1)
        self.davit.up("shop", 1)

    def test_sizes_are_changed_without_a_failed_request_and_reach_the_dyno(self):
        self.deploy(server__js="""
require('http').createServer((q, s) => s.end(process.env.MEMORY_AVAILABLE)).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
""")
        self.assertEqual(self.davit.get("shop").text, "512")
        refused = self.tool("ps:type", "web=gigantic", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("small, standard, large", refused.stderr)
        with Load(self.davit, "shop") as load:
            self.tool("ps:type", "web=small")
            wait_until("the small one serves", lambda: self.davit.get("shop").text == "256")
            load.at_least(50)
        self.assert_clean(load)
        self.assertEqual([d["size"] for d in self.davit.up("shop", 1)], ["Small"])
        self.assertIn("Small", self.tool("ps:type").stdout)

    def test_workers_without_surge_are_never_doubled(self):
        folder = self.deploy(Procfile="web: node server.js\nworker: node worker.js\n", worker__js=WORKER)
        self.davit.scale("shop", worker=2)
        self.davit.up("shop", 3)
        refused = self.tool("ps:strategy", "web", "max_surge=0", check=False)
        self.assertIn("max_unavailable=1", refused.stderr)
        self.tool("ps:strategy", "worker", "max_surge=0")
        # A worker is up as soon as its command runs; node needs a moment more until it can take a SIGTERM.
        self.wait_for_lines("]: start", 2)
        for round_number in range(1, 4):
            self.davit.commit(folder, str(round_number))
            self.davit.push(folder)
            self.wait_for_lines("]: start", 2 + 2 * round_number)
        self.tool("ps:restart", "worker")
        self.wait_for_lines("]: start", 10)
        for name in ("worker.1", "worker.2"):
            lines = re.findall(rf"app\[{re.escape(name)}\]: (start|end)", self.davit.logs("shop"))
            self.assertEqual(lines, ["start"] + ["end", "start"] * 4, name)

    def wait_for_lines(self, text, count):
        wait_until(lambda: f"{count} times {text!r} in\n{self.davit.logs('shop')}",
                   lambda: self.davit.logs("shop").count(text) == count)

    def test_a_large_formation_rolls_within_its_surge(self):
        folder = self.deploy()
        self.davit.scale("shop", web=4)
        self.davit.up("shop", 4)
        self.tool("ps:strategy", "web", "max_surge=1")
        source = (folder / "server.js").read_text()
        most = 0
        with Load(self.davit, "shop", path="/info") as load:
            self.davit.commit(folder, "second", server__js=source.replace("Hello from Davit", "Second"))
            push = self.davit.start_push(folder)

            def done():
                nonlocal most
                most = max(most, self.dyno_count())
                version = max(r["version"] for r in self.davit.api("GET", "/apps/shop/releases"))
                dynos = self.davit.dynos("shop")
                return push.poll() is not None and len(dynos) == 4 and all(
                    d["state"] == "up" and d["release"]["version"] == version for d in dynos)
            wait_until("all four are new", done, 120)
            output, _ = push.communicate()
            self.assertEqual(push.returncode, 0, output)
            load.at_least(50)
        self.assert_clean(load)
        self.assertLessEqual(most, 5)

    def dyno_count(self):
        """Formation dynos that exist, whatever they do."""
        return len([p for p in (self.davit.data / "scratch").iterdir()])

    def test_r12_names_the_grace_of_the_configuration(self):
        self.davit.stop()
        self.davit.data.joinpath("davit.toml").write_text('[dynos]\nstop_grace = "1s"\n')
        self.davit.start()
        self.deploy(server__js="""
require('http').createServer((q, s) => s.end('ok')).listen(process.env.PORT);
process.on('SIGTERM', () => console.log('never'));
""")
        self.davit.scale("shop", web=0)
        wait_until("it is gone", lambda: self.davit.dynos("shop") == [])
        self.assert_in_order(self.davit.logs("shop"),
                             "heroku[web.1]: Stopping all processes with SIGTERM",
                             "app[web.1]: never",
                             "heroku[web.1]: Error R12 (Exit timeout) -> At least one process failed to exit "
                             "within 1 seconds of SIGTERM",
                             "heroku[web.1]: Stopping remaining processes with SIGKILL",
                             "heroku[web.1]: Process exited with status 137",
                             "heroku[web.1]: State changed from up to down")

    def test_the_doctor_examines_the_server(self):
        found = self.davit.api("GET", "/davit/doctor")
        self.assertIn(found["level"], ("A", "B", "C"))
        names = {check["check"] for check in found["checks"]}
        self.assertLessEqual({"isolation", "disk", "secrets", "router", "database", "memory"}, names)
        for check in found["checks"]:
            self.assertTrue(check["ok"] or check["fix"], check)
        other = self.davit.api("POST", "/davit/users", {"email": "other@example.com"})
        self.davit.api("GET", "/davit/doctor", key=other.get("api_key") or other.get("token"), expect=403)
        done = subprocess.run([BIN / "davit", "doctor"], text=True, capture_output=True, timeout=60, env={
            **self.davit.git_env, "DAVIT_URL": f"http://localhost:{self.davit.port}",
            "DAVIT_API_KEY": self.davit.key})
        self.assertIn("Isolation of dynos: level", done.stdout)
        self.assertIn("database: is sound", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
