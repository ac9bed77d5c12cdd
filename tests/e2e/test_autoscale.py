"""A slow app under real load gets more dynos, and gives them back."""
import re
import threading
import unittest

from davit_e2e import DavitTest, wait_until

# One request at a time, a fifth of a second each: what more dynos really help.
APP = """
let last = Promise.resolve();
require('http').createServer((q, s) => {
  last = last.then(() => new Promise((done) => setTimeout(() => { s.end('ok'); done(); }, 200)));
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


class Autoscale(DavitTest):
    def setUp(self):
        super().setUp()
        self.davit.stop()
        self.davit.data.joinpath("davit.toml").write_text(
            '[dynos]\nscale_up_after = "4s"\nscale_down_after = "8s"\n')
        self.davit.start()
        self.deploy(server__js=APP, Procfile="web: node server.js\nworker: sleep 100000\n")

    def quantity(self):
        return self.davit.api("GET", "/apps/shop/formation/web")["quantity"]

    def test_load_makes_it_grow_and_quiet_makes_it_shrink(self):
        self.tool("ps:autoscale:enable", "web", "--min", "1", "--max", "3", "--p95", "300ms")
        self.assertIn("1 to 3 dynos, p95 response time below 300ms", self.tool("ps:sleep").stdout)
        releases = len(self.davit.api("GET", "/apps/shop/releases"))
        stop = threading.Event()
        failures = []

        def visit():
            while not stop.is_set():
                answer = self.davit.get("shop")
                if answer.status != 200:
                    failures.append(answer.status)
        visitors = [threading.Thread(target=visit, daemon=True) for _ in range(8)]
        try:
            for visitor in visitors:
                visitor.start()
            wait_until(lambda: f"three dynos:\n{self.davit.logs('shop', 30)}", lambda: self.quantity() == 3, 120)
            self.davit.up("shop", 3)
        finally:
            stop.set()
            for visitor in visitors:
                visitor.join(60)
        wait_until(lambda: f"one dyno:\n{self.davit.logs('shop', 30)}", lambda: self.quantity() == 1, 120)
        self.davit.up("shop", 1)
        self.assertEqual(failures, [])
        said = re.findall(r"heroku\[autoscaler\]: Scaled web from (\d) to (\d) dynos: (.+)",
                          self.tool("logs", "--source", "heroku", "-n", "1500").stdout)
        self.assertEqual([(a, b) for a, b, _ in said], [("1", "2"), ("2", "3"), ("3", "2"), ("2", "1")])
        self.assertRegex(said[0][2], r"p95 response time \d+ ms is above 300 ms for \d+ s")
        self.assertRegex(said[2][2], r"leaves room below 300 ms")
        self.assertEqual(len(self.davit.api("GET", "/apps/shop/releases")), releases, "scaling is no release")

    def test_bounds_are_kept_and_scaling_by_hand_is_told_plainly(self):
        self.tool("ps:autoscale:enable", "--min", "2", "--max", "3", "--queue", "1s")
        wait_until("the minimum", lambda: self.quantity() == 2)
        self.assertIn("fewer than the minimum of 2 dynos", self.davit.logs("shop"))
        self.tool("ps:scale", "web=4")
        self.assertIn("Autoscaling of web keeps it between 2 and 3 dynos and will change 4 back", self.davit.logs("shop"))
        wait_until("the maximum", lambda: self.quantity() <= 3)
        self.tool("ps:autoscale:disable", "web")
        self.assertIn("off", self.tool("ps:sleep").stdout)
        for args, word in ((("ps:autoscale:enable", "worker", "--max", "3", "--p95", "300ms"), "only web"),
                           (("ps:autoscale:enable", "--min", "3", "--max", "2", "--p95", "300ms"), "max"),
                           (("ps:autoscale:enable", "--max", "2", "--p95", "1h"), "1h"),
                           (("ps:autoscale:enable", "--max", "2"), "--p95")):
            refused = self.tool(*args, check=False)
            self.assertNotEqual(refused.returncode, 0, args)
            self.assertIn(word, refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
