"""Health checks of app.json: a start check gates a release, a liveness check restarts a dyno."""
import json
import unittest

from davit_e2e import DavitTest, Load, wait_until

# /health answers what HEALTH says; /break and /mend change it.
SERVER = """
let status = Number(process.env.HEALTH || 200);
require('http').createServer((request, response) => {
  if (request.url === '/break') status = 500;
  if (request.url === '/health') response.statusCode = status;
  response.end(TEXT + ' ' + (request.headers['x-probe'] || ''));
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


def server(text):
    return f"const TEXT = {text!r};\n{SERVER}"


def app_json(**web):
    return json.dumps({"name": "shop", "healthchecks": {"web": {"interval": 1, "timeout": 2, **web}}})


class Health(DavitTest):
    def deploy(self, text="first", **web):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.commit(folder, "health", server__js=server(text), app__json=app_json(**web))
        self.pushed = self.davit.push(folder).stdout
        return folder

    def latest(self):
        return max(self.davit.api("GET", "/apps/shop/releases"), key=lambda r: r["version"])

    def test_a_start_check_that_fails_rejects_the_push_and_the_old_release_serves_on(self):
        folder = self.deploy(path="/health", attempts=2)
        self.assertIn("Checking the new web dynos", self.pushed)
        self.davit.scale("shop", web=2)
        self.davit.up("shop", 2)
        before = self.davit.git(folder, "ls-remote", "davit").stdout
        with Load(self.davit, "shop") as load:
            self.davit.commit(folder, "ill", server__js=server("second").replace("|| 200", "|| 503"))
            failed = self.davit.push(folder, check=False)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn("R20 start check failed: GET /health answered 503 (2 times in a row)", failed.stdout)
            self.assertIn("pre-receive hook declined", failed.stdout)
            wait_until("the new dynos are gone", lambda: len(self.davit.dynos("shop")) == 2)
            load.at_least(50)
        self.assert_clean(load)
        self.assertEqual(set(load.bodies), {b"first "})
        self.assertEqual(self.davit.git(folder, "ls-remote", "davit").stdout, before)
        self.assertEqual(self.latest()["status"], "failed")
        self.davit.up("shop", 2, 2)
        self.assertIn("Error R20 (Start check failed) -> GET /health answered 503", self.davit.logs("shop"))
        # A config change is judged the same way, and persists.
        self.davit.api("PATCH", "/apps/shop/config-vars", {"HEALTH": "500"})
        wait_until("the config change is judged", lambda: self.latest()["status"] == "failed"
                   and self.latest()["version"] == 4)
        self.davit.up("shop", 2, 2)
        self.davit.api("PATCH", "/apps/shop/config-vars", {"HEALTH": None})
        self.davit.up("shop", 2, 5)
        self.davit.commit(folder, "well", server__js=server("third"))
        with Load(self.davit, "shop") as load:
            self.davit.push(folder)
            self.davit.up("shop", 2, 6)
            load.at_least(20)
        self.assert_clean(load)
        self.assertEqual(self.davit.get("shop").text, "third ")

    def test_headers_are_sent_and_nothing_listens_before_its_check_has_passed(self):
        self.deploy(path="/health", headers={"X-Probe": "davit"}, attempts=30)
        self.assertEqual(self.davit.get("shop").status, 200)
        self.assertEqual([d["state"] for d in self.davit.dynos("shop")], ["up"])

    def test_a_failed_liveness_check_restarts_the_dyno(self):
        self.deploy(path="/health", attempts=2, liveness=True)
        first = self.davit.up("shop", 1)[0]["id"]
        self.davit.get("shop", "/break")
        wait_until("another dyno is up", lambda: [
            d for d in self.davit.dynos("shop") if d["state"] == "up" and d["id"] != first])
        logs = self.davit.logs("shop")
        at = 0
        for part in ("heroku[web.1]: Liveness check: GET /health answered 500 (attempt 1 of 2)",
                     "heroku[web.1]: Error R21 (Liveness check failed) -> GET /health answered 500",
                     "heroku[web.1]: State changed from up to crashed",
                     "heroku[web.1]: Stopping all processes with SIGTERM",
                     "heroku[web.1]: State changed from crashed to starting",
                     "heroku[web.1]: State changed from starting to up"):
            found = logs.find(part, at)
            self.assertNotEqual(found, -1, f"{part!r} is missing after {at} of\n{logs}")
            at = found
        self.assertEqual(self.davit.get("shop").status, 200)

    def test_a_wrong_app_json_is_explained(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        for content, words in ((app_json(path="health"), "healthchecks.web.path"),
                               (app_json(intervall=3), "healthchecks.web.intervall is not known"),
                               (app_json(start={"attempts": 0}), "healthchecks.web.start.attempts"),
                               (app_json(headers={"A": "b\r\nC: d"}), "healthchecks.web.headers.A"),
                               ('{"healthchecks": {"worker": {}}}', "healthchecks.worker")):
            self.davit.commit(folder, "wrong", app__json=content)
            refused = self.davit.push(folder, check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(words, refused.stdout)
        self.davit.commit(folder, "no json", app__json="{ // a comment\n}")
        refused = self.davit.push(folder, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("app.json: line 1, column 3: it is no JSON", refused.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
