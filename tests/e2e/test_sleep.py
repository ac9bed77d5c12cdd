"""Web dynos that sleep while nobody asks for them, and wake with the first request."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
import unittest

from davit_e2e import BIN, Davit, DavitTest, wait_until

ORDINARY_USER = 65534

APP = """
let ticks = 0;
setInterval(() => ticks++, 20);
require('http').createServer((q, s) => {
  const url = new URL(q.url, 'http://x');
  setTimeout(() => s.end(url.pathname === '/pid' ? String(process.pid) + ' ' + process.uptime() : String(ticks)),
             Number(url.searchParams.get('wait') || 0));
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


class Sleep(DavitTest):
    freezes = None  # as the host can

    def setUp(self):
        super().setUp()
        self.folder = self.deploy(server__js=APP, Procfile="web: node server.js\nworker: sleep 100000\n")

    def state(self, name="web.1"):
        return {d["name"]: d["state"] for d in self.davit.dynos("shop")}.get(name)

    def asleep(self):
        def check():
            web = [d for d in self.davit.dynos("shop") if d["type"] == "web"]
            return web and all(d["state"] == "idle" for d in web)
        wait_until(lambda: f"it sleeps: {self.davit.dynos('shop')}", check)

    def told_of_waking(self):
        """The request that wakes it may be answered before the lines are stored."""
        wait_until("its waking is told", lambda: "State changed from starting to up" in
                   self.davit.logs("shop").partition("heroku[web.1]: Unidling")[2])

    def launcher_states(self):
        return len(self.davit.launcher_pids())

    def test_an_idle_app_is_frozen_and_the_first_request_wakes_it(self):
        self.davit.scale("shop", worker=1)
        self.davit.up("shop", 2)
        before = self.davit.get("shop", "/pid").text.split()[0]
        self.assertIn("never", self.tool("ps:sleep").stdout)
        self.tool("ps:sleep", "web", "--after", "2s")
        self.assertIn("after 2s without a request", self.tool("ps:sleep").stdout)
        self.asleep()
        self.assertEqual(self.state("worker.1"), "up", "workers never sleep")
        shown = self.tool("ps").stdout
        self.assertRegex(shown, r"web\.1: idle .*: no request for 2s; the next one (wakes|starts) it")
        self.assertIn("web sleeps after 2s without a request", shown)
        if self.freezes is not None:
            self.assertEqual("one wakes it" in shown, self.freezes, shown)
        why = self.tool("why", check=False).stdout
        self.assertIn("D20", why)
        self.assertIn("ps:sleep web --off", why)
        begin = time.monotonic()
        answer = self.davit.get("shop", "/pid")
        took = time.monotonic() - begin
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.state(), "up")
        print(f"woken in {took * 1000:.0f} ms")
        if "one wakes it" in shown:
            self.assertEqual(answer.text.split()[0], before, "the same process")
        self.told_of_waking()
        self.assert_in_order(self.davit.logs("shop"), "app[api]: Set web to sleep after 2s without a request by user",
                             "heroku[web.1]: Idling", "heroku[web.1]: State changed from up to down",
                             "heroku[web.1]: Unidling", "heroku[web.1]: State changed from starting to up")
        # A request that takes longer than that is no idleness.
        self.assertEqual(self.davit.get("shop", "/?wait=6000").status, 200)
        self.assertEqual(self.davit.logs("shop").count("Idling"), 1, self.davit.logs("shop"))
        self.tool("ps:sleep", "web", "--off")
        self.assertIn("never", self.tool("ps:sleep").stdout)

    def test_many_requests_at_once_wake_it_and_none_fails(self):
        self.davit.scale("shop", web=2)
        self.davit.up("shop", 2)
        self.tool("ps:sleep", "--after", "1s")
        for _ in range(3):
            self.asleep()
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(lambda _: self.davit.get("shop").status, range(64)))
            self.assertEqual(set(answers), {200})

    def test_it_sleeps_through_the_death_of_davitd_and_of_the_router(self):
        self.tool("ps:sleep", "--after", "2s")
        self.asleep()
        self.davit.kill()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            # Held by the router, which has nobody to tell yet.
            held = pool.submit(self.davit.get, "shop")
            self.davit.start()
            self.assertEqual(held.result(60).status, 200)
        self.asleep()
        self.davit.kill()
        self.davit.start()
        self.assertEqual(self.state(), "idle")
        os.kill(self.davit.router_pid, signal.SIGKILL)

        def answer():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.davit.get("shop").status
        self.assertEqual(wait_until("the next router answers", answer), 200)

    def test_after_longer_it_is_stopped_and_started_by_the_next_request(self):
        self.davit.stop()
        self.davit.data.joinpath("davit.toml").write_text('[dynos]\nsleep_stop_after = "2s"\n')
        self.davit.start()
        self.tool("ps:sleep", "--after", "2s")
        wait_until("no process is left", lambda: self.launcher_states() == 0)
        self.asleep()
        self.assertRegex(self.tool("ps").stdout, r"web\.1: idle .*: no request for 2s; the next one starts it")
        self.davit.kill()
        self.davit.start()
        self.assertEqual((self.state(), self.launcher_states()), ("idle", 0), "what sleeps is not started")
        self.assertEqual(self.davit.get("shop").status, 200)
        self.told_of_waking()
        self.assert_in_order(self.davit.logs("shop"), "heroku[web.1]: Idling", "Process exited with status",
                             "heroku[web.1]: Unidling", "heroku[web.1]: State changed from down to starting",
                             "heroku[web.1]: State changed from starting to up")

    def test_what_its_owner_does_wakes_it(self):
        self.tool("ps:sleep", "--after", "2s")
        for wake in (lambda: self.tool("ps:restart"),
                     lambda: self.tool("config:set", "A=1"),
                     lambda: self.davit.scale("shop", web=2),
                     lambda: self.davit.scale("shop", web=1),
                     lambda: (self.davit.commit(self.folder, "next"), self.davit.push(self.folder)),
                     lambda: self.tool("ps:sleep", "--off")):
            self.asleep()
            seen = self.davit.logs("shop").count("State changed from starting to up")
            wake()
            wait_until(lambda: f"it is up again:\n{self.davit.logs('shop')[-2000:]}",
                       lambda: self.davit.logs("shop").count("State changed from starting to up") > seen)
        self.davit.up("shop", 1)
        self.assertEqual(self.davit.get("shop").status, 200)

    def test_health_checks_pause_while_it_sleeps(self):
        checks = {"web": {"path": "/", "interval": 1, "attempts": 1, "timeout": 1, "liveness": True}}
        self.davit.commit(self.folder, "checked", app__json=json.dumps({"healthchecks": checks}))
        self.davit.push(self.folder)
        self.tool("ps:sleep", "--after", "2s")
        self.asleep()
        begin = time.monotonic()
        wait_until("several checks would have failed", lambda: time.monotonic() - begin > 6)
        self.assertEqual(self.state(), "idle")
        self.assertEqual(self.davit.get("shop").status, 200)
        self.assertNotIn("R21", self.davit.logs("shop"))
        self.assertNotIn("Liveness check:", self.davit.logs("shop"))

    def test_somebody_at_work_inside_keeps_it_awake(self):
        self.tool("ps:sleep", "--after", "2s")
        self.asleep()
        inside = subprocess.Popen([BIN / "davit", "ps:exec", "-a", "shop", "echo in; cat"], env=self.tool_env(),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.assertEqual(inside.stdout.readline(), b"in\n", "a dyno that sleeps is woken for it")
            begin = time.monotonic()
            wait_until("it would have fallen asleep twice", lambda: time.monotonic() - begin > 6)
            self.assertEqual(self.state(), "up")
            self.assertEqual(inside.communicate(b"still here\n", timeout=30)[0], b"still here\n")
        finally:
            inside.kill()
            inside.wait()
        self.asleep()

    def test_what_makes_no_sense_is_refused(self):
        for args, word in ((("ps:sleep", "worker", "--after", "5m"), "never sleep"),
                           (("ps:sleep", "--after", "soon"), "soon"),
                           (("ps:sleep", "--after", "5m", "--off"), "either")):
            refused = self.tool(*args, check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(word, refused.stderr)


class SleepWithoutFreezer(Sleep):
    """An ordinary user whom the host gives no cgroups: there dynos are stopped instead."""
    freezes = False

    def make_davit(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be another user, who has no cgroups for sure")
        return Davit(level="C", user=ORDINARY_USER)

    test_many_requests_at_once_wake_it_and_none_fails = None
    test_somebody_at_work_inside_keeps_it_awake = None
    test_what_makes_no_sense_is_refused = None
    test_health_checks_pause_while_it_sleeps = None
    test_what_its_owner_does_wakes_it = None
    test_after_longer_it_is_stopped_and_started_by_the_next_request = None


if __name__ == "__main__":
    unittest.main(verbosity=2)
