"""Jobs of app.json's cron: one of every minute comes by itself, others by hand; a davitd that dies knows what runs."""
import json
import unittest

from davit_e2e import DavitTest, wait_until

JOBS = [{"command": "echo \"tick $DYNO $GREETING\" && ! test -e /app/never", "schedule": "* * * * *"},
        {"command": "sleeper I-sleep", "schedule": "@yearly"},
        {"command": "exit 3", "schedule": "0 0 29 2 *", "maintenance": True}]
PROCFILE = "web: node server.js\nsleeper: node -e 'console.log(process.argv[1]); setInterval(() => {}, 1e6)' --\n"


class Cron(DavitTest):
    def jobs(self):
        return json.loads(self.tool("cron", "--json").stdout)

    def run_of(self, index):
        return self.jobs()[index]["last_run"] or {}

    def test_jobs_run_by_the_clock_and_by_hand(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.commit(folder, "never", app__json=json.dumps(
            {"cron": [JOBS[0], {"command": "x", "schedule": "0 0 30 2 *"}]}))
        refused = self.davit.push(folder, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("app.json: cron[1].schedule names a day that never comes", refused.stdout)
        self.davit.commit(folder, "jobs", app__json=json.dumps({"cron": JOBS}), Procfile=PROCFILE)
        self.assertIn("app.json: 3 cron jobs", self.davit.push(folder).stdout)
        self.tool("config:set", "GREETING=hello")
        self.davit.scale("shop", web=0)  # a job is no dyno of the formation
        self.tool("maintenance:on")

        # By hand, while the minute goes by: a type of the Procfile, and one that fails.
        tick, sleeper, failing = (job["id"] for job in self.jobs())
        self.assertIn("done, cron.", self.tool("cron:run", sleeper).stderr)
        self.assertIn("runs already", self.tool("cron:run", sleeper, check=False).stderr)
        self.tool("cron:run", failing)
        wait_until("it has failed", lambda: self.run_of(2).get("status") == "failed")
        self.assertEqual(self.run_of(2)["exit_code"], 3)
        self.assertIn("exited with status 3", self.tool("why", check=False).stdout)
        self.assertRegex(self.tool("cron").stdout, failing + r" .*never \(maintenance\).*failed .*exited with status 3")

        # The one that runs is still known to another davitd; then it is stopped.
        wait_until("it says so", lambda: "]: I-sleep" in self.davit.logs("shop"))
        self.davit.kill()
        self.davit.start()
        self.assertIn("runs already", self.tool("cron:run", sleeper, check=False).stderr)
        self.tool("ps:stop", self.run_of(1)["dyno"])
        wait_until("it was stopped", lambda: self.run_of(1)["ended_at"])

        wait_until("a minute has begun", lambda: self.run_of(0).get("status") == "succeeded", 150)
        run = self.run_of(0)
        self.assertEqual(run["exit_code"], 0)
        self.assert_in_order(
            wait_until("the log has its end", lambda: (text := self.davit.logs("shop")) and
                       f"Cron job {tick} ended in {run['dyno']}" in text and text),
            f"app[{run['dyno']}]: tick {run['dyno']} hello", f"Cron job {tick} ended in {run['dyno']}")
        self.assertIn(f"heroku[cron]: Cron job {tick} starts `echo", self.davit.logs("shop"))

        # A deploy without jobs ends it; destroying the app leaves no dyno.
        self.tool("cron:run", sleeper)
        self.davit.commit(folder, "none", app__json="{}")
        self.davit.push(folder)
        self.assertEqual(self.jobs(), [])
        self.assertIn("no cron jobs", self.tool("cron").stdout)
        self.tool("apps:destroy", "--confirm", "shop")
        wait_until(lambda: self.davit.processes(), lambda: not self.davit.launcher_pids())


if __name__ == "__main__":
    unittest.main(verbosity=2)
