"""Apps that are late: one that never listens (R10), one that never answers (H12)."""
import subprocess
import tempfile
import unittest

from davit_e2e import BIN, DavitTest, Load, wait_until

BOOT = "2s"
NEVER_LISTENS = "setInterval(() => {}, 1000);\n"


class LateBoots(DavitTest):
    def test_a_release_that_never_listens_is_r10_and_the_old_one_serves_on(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        source = (folder / "server.js").read_text()
        # Only now: the good one has the usual time to boot. Its dyno runs on under the next davitd.
        self.davit.stop()
        self.davit.start("--boot-timeout", BOOT)
        with Load(self.davit, "shop", path="/info") as load:
            self.davit.commit(folder, "never listens", server__js=NEVER_LISTENS)
            pushed = self.davit.push(folder).stdout
            self.assertIn("web.1: R10 boot timeout: nothing listened on $PORT within 2 seconds.", pushed)
            self.assertIn("What ran before goes on", pushed)
            load.at_least(100)
            self.assertEqual(self.davit.get("shop", "/info").json["text"], "Hello from Davit")
            self.davit.stop()
            self.davit.start()
            self.davit.commit(folder, "listens again",
                              server__js=source.replace("Hello from Davit", "Second"))
            self.davit.push(folder)
            self.davit.up("shop", 1)
            self.assertEqual(self.davit.get("shop", "/info").json["text"], "Second")
        self.assert_clean(load)


class FirstBootIsLate(DavitTest):
    options = ("--boot-timeout", BOOT)

    def test_without_an_older_release_visitors_get_h10_and_why_says_r10(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.commit(folder, "never listens", server__js=NEVER_LISTENS)
        pushed = self.davit.push(folder).stdout
        self.assertIn("R10 boot timeout", pushed)
        logs = self.davit.logs("shop")
        self.assert_in_order(logs, (
            "heroku[web.1]: Starting process with command `node server.js`",
            "heroku[web.1]: Error R10 (Boot timeout) -> Web process failed to bind to $PORT within "
            "2 seconds of launch",
            "heroku[web.1]: Stopping process with SIGKILL",
            "heroku[web.1]: Process exited with status 137",
            "heroku[web.1]: State changed from starting to crashed"))
        # While it is started again requests wait; then it has crashed.
        answer = self.davit.get("shop")
        self.assertEqual(answer.status, 503)
        self.assertIn("This app has crashed", answer.text)
        problem = wait_until("why it crashed", lambda: [
            p for p in self.davit.api("GET", "/davit/why/shop")["problems"] if p["code"] == "R10"])[0]
        self.assertIn("nothing listened on $PORT within 2 seconds", problem["message"])
        wait_until("the router's line is stored", lambda: (
            'heroku[router]: at=error code=H10 desc="App crashed"' in self.davit.logs("shop")))

    def assert_in_order(self, text, parts):
        at = 0
        for part in parts:
            found = text.find(part, at)
            self.assertNotEqual(found, -1, f"{part!r} is not after position {at} of:\n{text}")
            at = found + len(part)


class RouterTimes(DavitTest):
    def setUp(self):
        config = tempfile.NamedTemporaryFile("w", suffix=".toml")
        self.addCleanup(config.close)
        config.write('[router]\narguments = ["--first-byte-timeout", "300ms"]\n')
        config.flush()
        self.options = ("--config", config.name)
        super().setUp()

    def test_the_configuration_file_tunes_the_router(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.commit(folder, "never answers", server__js=(
            "require('http').createServer(() => {}).listen(process.env.PORT);\n"))
        self.davit.push(folder)
        answer = self.davit.get("shop")
        self.assertEqual(answer.status, 503)
        self.assertIn("H12", answer.text)
        wait_until("the router's line is stored", lambda: (
            'heroku[router]: at=error code=H12 desc="Request timeout"' in self.davit.logs("shop")))


class WrongTimes(unittest.TestCase):
    def test_davitd_says_what_is_allowed(self):
        for wrong, why in (("60", "is not a time"), ("10ms", "choose between 1s and 60m")):
            refused = subprocess.run([BIN / "davitd", "--data", "/nonexistent", "--boot-timeout", wrong],
                                     text=True, capture_output=True, timeout=60)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(f"--boot-timeout: '{wrong}' ", refused.stderr)
            self.assertIn(why, refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
