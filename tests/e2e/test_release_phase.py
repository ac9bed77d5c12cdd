"""A `release:` process runs once for each release, before it is the current one."""
import os
import signal
import subprocess
import unittest

from davit_e2e import BIN, DavitTest, Load, process_runs, wait_until

PROCFILE = "web: node server.js\nrelease: node migrate.js\n"
# Says what it sees, and fails on demand.
MIGRATE = """
console.log('migrating as ' + process.env.DYNO + ' with COLOUR=' + process.env.COLOUR);
process.exit(Number(process.env.MIGRATE_STATUS || 0));
"""


class ReleasePhase(DavitTest):
    def checkout(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.commit(folder, "migrations", Procfile=PROCFILE, migrate__js=MIGRATE)
        return folder

    def releases(self):
        return self.davit.api("GET", "/apps/shop/releases")

    def latest(self):
        return max(self.releases(), key=lambda r: r["version"])

    def settled(self):
        return wait_until("the release is settled", lambda: (
            self.latest() if self.latest()["status"] != "pending" else None))

    def runs(self):
        """How often a release command was started."""
        return self.davit.logs("shop").count("]: Starting process with command `node migrate.js`")

    def output(self, release):
        path = "/" + release["output_stream_url"].split("/", 3)[3]
        return self.davit.request("GET", path).text

    def test_it_runs_before_the_switch_and_is_streamed_to_the_pusher(self):
        folder = self.checkout()
        pushed = self.davit.push(folder).stdout
        self.assertIn("Release command declared", pushed)
        self.assertRegex(pushed, r"remote: migrating as release\.\d{4} with COLOUR=undefined")
        self.assertLess(pushed.index("migrating as"), pushed.index("Released v2"))
        self.assertEqual(self.davit.get("shop").status, 200)
        logs = self.davit.logs("shop")
        for line in (r"app\[api\]: Running release v2 commands by user",
                     r"heroku\[release\.\d{4}\]: Starting process with command `node migrate.js`",
                     r"heroku\[release\.\d{4}\]: State changed from starting to up",
                     r"app\[release\.\d{4}\]: migrating as release",
                     r"heroku\[release\.\d{4}\]: Process exited with status 0",
                     r"heroku\[release\.\d{4}\]: State changed from up to complete",
                     r"app\[api\]: Release v2 created by user"):
            self.assertRegex(logs, line)
        self.assertEqual(self.runs(), 1)
        self.assertIn("migrating as", self.output(self.latest()))
        self.assertEqual(self.davit.api("GET", "/apps/shop/formation/release")["quantity"], 0)
        self.davit.api("PATCH", "/apps/shop/formation/release", {"quantity": 1}, expect=422)

    def test_a_failure_rejects_the_push_and_the_old_release_serves_on(self):
        folder = self.checkout()
        self.davit.push(folder)
        before = self.davit.git(folder, "ls-remote", "davit").stdout
        source = (folder / "server.js").read_text()
        with Load(self.davit, "shop", path="/info") as load:
            self.davit.commit(folder, "broken", migrate__js="console.log('no table'); process.exit(3);\n",
                              server__js=source.replace("Hello from Davit", "Second"))
            failed = self.davit.push(folder, check=False)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn("no table", failed.stdout)
            self.assertIn("The release command of v3 failed: exited with status 3", failed.stdout)
            self.assertIn("pre-receive hook declined", failed.stdout)
            load.at_least(50)
        self.assert_clean(load)
        self.assertEqual(self.davit.git(folder, "ls-remote", "davit").stdout, before)
        self.assertEqual(self.davit.get("shop", "/info").json["text"], "Hello from Davit")
        release = self.latest()
        self.assertEqual((release["version"], release["status"], release["current"]), (3, "failed", False))
        self.assertIn("exited with status 3", release["failure"])
        self.assertEqual(self.davit.api("GET", "/apps/shop/builds")[-1]["status"], "failed")
        problems = self.davit.api("GET", "/davit/why/shop")["problems"]
        self.assertEqual([p["code"] for p in problems], ["B02"])
        # The same commit, with its cause repaired elsewhere, may be pushed again.
        self.davit.commit(folder, "repaired", migrate__js=MIGRATE)
        self.davit.push(folder)
        self.davit.up("shop", 1, 4)
        self.assertEqual(self.davit.get("shop", "/info").json["text"], "Second")
        # What the failed release left is gone.
        slugs = list((self.davit.data / "slugs").iterdir())
        self.assertEqual(len(slugs), 2, slugs)

    def test_a_config_change_runs_it_and_persists_though_it_fails(self):
        folder = self.checkout()
        self.davit.push(folder)
        changed = self.davit.api("PATCH", "/apps/shop/config-vars", {"COLOUR": "blue"})
        self.assertEqual(changed["COLOUR"], "blue")
        release = self.settled()
        self.assertEqual((release["version"], release["status"]), (3, "succeeded"))
        self.assertIn("with COLOUR=blue", self.output(release))
        self.davit.up("shop", 1, 3)

        self.davit.api("PATCH", "/apps/shop/config-vars", {"MIGRATE_STATUS": "1", "COLOUR": "red"})
        release = self.settled()
        self.assertEqual((release["version"], release["status"]), (4, "failed"))
        self.davit.up("shop", 1, 3)
        self.assertEqual(self.davit.api("GET", "/apps/shop/config-vars")["COLOUR"], "red")
        # A rollback that fails leaves the config vars alone.
        self.davit.api("PATCH", "/apps/shop/config-vars", {"MIGRATE_STATUS": None})
        self.assertEqual(self.settled()["status"], "succeeded")
        self.davit.up("shop", 1, 5)
        made = self.davit.api("POST", "/apps/shop/releases", {"release": "2"})
        self.assertEqual((made["version"], made["status"]), (6, "pending"))
        self.assertEqual(self.settled()["status"], "succeeded")
        self.davit.up("shop", 1, 6)
        self.assertEqual(self.runs(), 5)

    def test_ctrl_c_ends_it_and_it_can_be_seen_and_stopped(self):
        folder = self.checkout()
        self.davit.push(folder)
        self.davit.commit(folder, "endless", migrate__js="setInterval(() => console.log('tick'), 100);\n")

        def running():
            return [d for d in self.davit.dynos("shop") if d["type"] == "release" and d["state"] == "up"]
        push = self.davit.start_push(folder)
        wait_until("the release command runs", running)
        os.killpg(push.pid, signal.SIGINT)
        push.communicate(timeout=30)
        wait_until("it has ended", lambda: not running() and self.latest()["status"] == "failed")
        self.assertIn("cancelled", self.latest()["failure"])

        push = self.davit.start_push(folder)
        dyno = wait_until("the release command runs", running)[0]
        self.davit.api("POST", f"/apps/shop/dynos/{dyno['name']}/actions/stop")
        output, _ = push.communicate(timeout=60)
        self.assertNotEqual(push.returncode, 0)
        self.assertIn("was stopped", output)
        self.davit.up("shop", 1, 2)

    def test_davitd_dies_in_the_middle_and_it_never_runs_twice(self):
        folder = self.checkout()
        self.davit.push(folder)
        before = self.davit.git(folder, "ls-remote", "davit").stdout
        self.davit.commit(folder, "endless", migrate__js="setInterval(() => {}, 1000);\n")
        push = self.davit.start_push(folder)
        wait_until("the release command runs", lambda: [
            d for d in self.davit.dynos("shop") if d["type"] == "release" and d["state"] == "up"])
        pids = self.davit.launcher_pids()
        with Load(self.davit, "shop", connections=1, pause=0.05) as load:
            self.davit.kill()
            push.communicate(timeout=60)
            self.assertNotEqual(push.returncode, 0)
            wait_until("only the web dyno is left", lambda: sum(map(process_runs, pids)) == 1)
            self.davit.start()
            load.at_least(20)
        self.assert_clean(load)
        self.assertEqual(self.latest()["status"], "failed")
        self.assertEqual(self.davit.git(folder, "ls-remote", "davit").stdout, before)
        self.davit.up("shop", 1, 2)
        self.assertEqual(self.runs(), 2)
        self.davit.commit(folder, "good", migrate__js=MIGRATE)
        self.davit.push(folder)
        self.davit.up("shop", 1, 4)

    def test_the_tool_follows_it(self):
        folder = self.checkout()
        self.davit.push(folder)
        env = {**self.davit.git_env, "DAVIT_URL": f"http://localhost:{self.davit.port}",
               "DAVIT_API_KEY": self.davit.key}

        def tool(*args):
            return subprocess.run([BIN / "davit", *args, "-a", "shop"], env=env, text=True, timeout=120,
                                  capture_output=True)
        self.assertIn("migrating as", tool("releases:output").stdout)
        tool("config:set", "COLOUR=green")
        self.settled()
        rolled = tool("rollback", "v2")
        self.assertEqual(rolled.returncode, 0, rolled.stderr)
        self.assertIn("migrating as", rolled.stdout)
        tool("config:set", "MIGRATE_STATUS=2")
        self.settled()
        self.assertIn("failed: The release command of v5 failed: exited with status 2", tool("releases").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
