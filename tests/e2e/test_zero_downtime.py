"""No request fails while the app changes; and none while davitd dies."""
import json
import os
import random
import signal
import time
import unittest

from davit_e2e import DavitTest, Load, process_runs, wait_until


class ZeroDowntime(DavitTest):
    def deploy(self, sample="hello-node"):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", sample)
        self.davit.push(folder)
        self.davit.scale("shop", web=2)
        self.davit.up("shop", 2)
        return folder

    def latest(self):
        return max(r["version"] for r in self.davit.api("GET", "/apps/shop/releases"))

    def test_push_config_rollback_scale_and_restart_under_load(self):
        folder = self.deploy()
        with Load(self.davit, "shop", path="/info") as load:
            first = self.latest()
            self.davit.commit(folder, "change", server__js=(
                (folder / "server.js").read_text().replace("Hello from Davit", "Second")))
            self.davit.push(folder)
            self.davit.up("shop", 2, self.latest())
            load.at_least(50)
            self.davit.api("PATCH", "/apps/shop/config-vars", {"RELEASE_TEXT": "configured"})
            self.davit.up("shop", 2, self.latest())
            load.at_least(50)
            self.davit.api("POST", "/apps/shop/releases", {"release": str(first)})
            self.davit.up("shop", 2, self.latest())
            load.at_least(50)
            self.davit.scale("shop", web=1)
            self.davit.up("shop", 1)
            load.at_least(50)
            self.davit.scale("shop", web=3)
            self.davit.up("shop", 3)
            self.davit.api("DELETE", "/apps/shop/dynos")
            load.at_least(200)
            self.davit.up("shop", 3)
            load.at_least(50)
        self.assert_clean(load)
        texts = {(json.loads(body)["text"], json.loads(body)["release"]) for body in load.bodies}
        self.assertIn(("Second", "version 1"), texts)
        self.assertIn(("Second", "configured"), texts)
        self.assertIn(("Hello from Davit", "version 1"), texts)

    def test_a_release_that_does_not_boot_leaves_the_old_one_serving(self):
        folder = self.deploy()
        with Load(self.davit, "shop") as load:
            self.davit.commit(folder, "crash", server__js="process.exit(1)")
            pushed = self.davit.push(folder).stdout
            self.assertIn("exited with status 1", pushed)
            load.at_least(200)
        self.assert_clean(load)
        self.assertIn("State changed from starting to crashed", self.davit.logs("shop"))

    def test_a_killed_dyno_comes_back_and_its_files_go(self):
        self.deploy()
        before = self.davit.dynos("shop")
        os.kill(self.davit.launcher_pids()[0], signal.SIGKILL)
        wait_until("the killed dyno is noticed", lambda: self.davit.dynos("shop") != before)
        ids = {dyno["id"] for dyno in self.davit.up("shop", 2)}
        scratch = self.davit.data / "scratch"
        wait_until("its scratch is gone", lambda: {path.name for path in scratch.iterdir()} == ids)
        self.assertIn("State changed from up to crashed", self.davit.logs("shop"))


    def test_a_pause_holds_requests_and_pages_are_the_apps_own(self):
        folder = self.deploy()
        with Load(self.davit, "shop") as load:
            load.at_least(20)
            self.davit.api("POST", "/apps/shop/actions/pause", {"seconds": 30})
            why = self.davit.api("GET", "/davit/why")["problems"]
            self.assertEqual([p["code"] for p in why], ["D21"])
            wait_until("no request ends any more", load.stands_still)
            self.davit.api("POST", "/apps/shop/actions/resume", {})
            load.at_least(100)
        self.assert_clean(load)
        self.davit.commit(folder, "pages", sorry__html="<p>sorry</p>")
        self.davit.push(folder)
        self.davit.api("PATCH", "/apps/shop/config-vars", {
            "MAINTENANCE_PAGE_URL": "sorry.html", "ERROR_PAGE_URL": "https://status.example/?a&b"})
        self.davit.api("PATCH", "/apps/shop", {"maintenance": True})
        page = wait_until("its own page", lambda: (lambda a: a.status == 503 and a)(self.davit.get("shop")))
        self.assertEqual(page.text, "<p>sorry</p>")
        self.davit.api("PATCH", "/apps/shop", {"maintenance": False})
        self.davit.scale("shop", web=0)
        page = wait_until("its own page", lambda: (lambda a: a.status == 503 and a)(self.davit.get("shop")))
        self.assertIn('<iframe src="https://status.example/?a&amp;b">', page.text)
        self.davit.api("PATCH", "/apps/shop/config-vars", {"ERROR_PAGE_URL": "nowhere.html"})
        wait_until("told in the log", lambda: "ERROR_PAGE_URL left out: no file 'nowhere.html'" in self.davit.logs("shop"))


class Survival(DavitTest):
    def test_kill_9_of_davitd_fails_no_request_and_loses_no_dyno(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        self.davit.scale("shop", web=2)
        self.davit.up("shop", 2)
        dynos = {d["id"] for d in self.davit.dynos("shop")}
        pids = sorted(self.davit.launcher_pids())
        router = self.davit.router_pid
        with Load(self.davit, "shop", path="/info?probe") as load:
            for _ in range(3):
                self.davit.kill()
                load.at_least(200)
                refused = self.davit.request("GET", "/apps")
                self.assertEqual(refused.status, 503)
                self.davit.start()
                load.at_least(100)
        self.assert_clean(load)
        self.assertEqual(self.davit.router_pid, router)
        self.assertEqual(sorted(self.davit.launcher_pids()), pids)
        self.assertEqual({d["id"] for d in self.davit.dynos("shop")}, dynos)
        self.davit.up("shop", 2)
        # Every request was logged, also those that came while davitd was dead.
        self.davit.scale("shop", web=1)  # and it still acts
        self.davit.up("shop", 1)

    def test_no_line_is_lost_or_doubled_over_the_death(self):
        self.davit.create("talker")
        folder = self.davit.checkout("talker", "hello-node")
        self.davit.commit(folder, "talk", server__js="""
const http = require('http');
let n = 0;
http.createServer((q, s) => { for (let i = 0; i < 10; i++) console.log('line ' + ++n + '.'); s.end('ok'); })
  .listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
""")
        self.davit.push(folder)
        for _ in range(10):
            self.assertEqual(self.davit.get("talker").text, "ok")
        self.davit.kill()
        for _ in range(20):
            self.assertEqual(self.davit.get("talker").text, "ok")
        self.davit.start()
        for _ in range(10):
            self.assertEqual(self.davit.get("talker").text, "ok")
        lines = []

        def complete():
            lines[:] = [line.rpartition("line ")[2] for line in self.davit.logs("talker").splitlines()
                        if "app[web.1]: line" in line]
            return len(lines) >= 400
        wait_until("all lines are stored", complete)
        self.assertEqual(lines, [f"{n}." for n in range(1, 401)])
        wait_until("the router's lines are stored", lambda: self.davit.logs("talker").count(
            "heroku[router]: at=info") == 40)

    def test_davitd_dies_in_the_middle_of_a_build(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        good = (folder / "package.json").read_text()
        self.davit.commit(folder, "endless", package__json=(
            '{"name":"a","version":"1.0.0","scripts":{"start":"node server.js","build":"sleep 1000"}}'))
        running = set(self.davit.launcher_pids())
        push = self.davit.start_push(folder)
        building = wait_until("the build dyno runs",
                              lambda: set(self.davit.launcher_pids()) - running)
        with Load(self.davit, "shop") as load:
            self.davit.kill()
            push.communicate(timeout=60)
            self.assertNotEqual(push.returncode, 0)
            for pid in building:
                wait_until("the build ends with its owner", lambda: not process_runs(pid))
            self.davit.start()
            self.assertEqual(self.davit.api("GET", "/apps/shop/builds")[-1]["status"], "failed")
            self.davit.commit(folder, "good again", package__json=good)
            self.davit.push(folder)
        self.assert_clean(load)

    def test_davitd_dies_at_any_moment_of_a_push(self):
        """Wherever the kill lands: the next push works, what is served is one of the two versions, nothing fails."""
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        source = (folder / "server.js").read_text()
        seed = int(os.environ.get("DAVIT_SEED", random.randrange(10**6)))
        print(f"DAVIT_SEED={seed}", flush=True)
        moments = random.Random(seed)
        with Load(self.davit, "shop", path="/info") as load:
            for number in range(4):
                text = f"number {number}"
                self.davit.commit(folder, text, server__js=source.replace("Hello from Davit", text))
                push = self.davit.start_push(folder)
                # A share of what a push takes: from the first request to after the switch.
                kill_at = time.monotonic() + moments.uniform(0, 2.5)
                wait_until("the moment", lambda: time.monotonic() > kill_at or push.poll() is not None)
                self.davit.kill()
                push.communicate(timeout=60)
                self.davit.start()
                remote = self.davit.git(folder, "ls-remote", "davit", "refs/heads/main").stdout
                releases = self.davit.api("GET", "/apps/shop/releases")
                deployed = [r["description"].split()[1] for r in releases
                            if r["description"].startswith("Deploy")][-1]
                self.assertTrue(remote.startswith(deployed), f"{remote} is not what {releases} says")
                self.davit.push(folder)
                self.davit.up("shop", 1)
                self.assertEqual(self.davit.get("shop", "/info").json["text"], text)
        self.assert_clean(load)
        # One that was started in the instant of the kill is known to nobody and ends by itself after 10 s.
        wait_until(lambda: "only the dyno is left\n" + self.davit.processes(),
                   lambda: len(self.davit.launcher_pids()) == 1)
        wait_until("no build is left", lambda: not any((self.davit.data / "builds").iterdir()))

    def test_acknowledged_changes_survive_kill_9(self):
        for round_number in range(5):
            name = f"app-{round_number}"
            self.davit.create(name)
            self.davit.api("PATCH", f"/apps/{name}/config-vars", {"ROUND": str(round_number)})
            self.davit.kill()
            self.davit.start()
            config = self.davit.api("GET", f"/apps/{name}/config-vars")
            self.assertEqual(config, {"ROUND": str(round_number)})

    def test_a_dead_router_is_started_again_and_serves_from_its_table(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        os.kill(self.davit.router_pid, signal.SIGKILL)

        def answers():
            try:
                return self.davit.get("shop").status == 200
            except OSError:
                return False
        wait_until("the router serves again", answers)
        health = wait_until("the API is back", lambda: self.davit.request("GET", "/health"))
        self.assertEqual(health.status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
