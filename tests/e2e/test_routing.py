"""Routing settings from the tool to the router: limit and queue, affinity, what is counted of it."""
import concurrent.futures
import unittest

from davit_e2e import DavitTest, wait_until

# Tells how many requests it had at one time, at most.
APP = """
let running = 0, most = 0;
require('http').createServer((q, s) => {
  most = Math.max(most, ++running);
  setTimeout(() => { running--; s.end(process.env.DYNO + ' ' + most); }, q.url === '/slow' ? 50 : 0);
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


class Routing(DavitTest):
    def setUp(self):
        super().setUp()
        self.deploy(server__js=APP, Procfile="web: node server.js\n")

    def slow(self, count):
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(lambda _: self.davit.get("shop", "/slow"), range(count)))
        self.assertEqual({answer.status for answer in answers}, {200})
        return max(int(answer.text.split()[1]) for answer in answers)

    def test_settings_reach_the_router_and_outlive_davitd(self):
        self.assertIn("the default", self.tool("routing").stdout)
        self.assertGreater(self.slow(8), 1)
        self.assertIn("1 requests", self.tool("routing:set", "limit=1", "affinity=on").stdout)
        # Another process of the app, which has seen no other requests.
        self.davit.kill()
        self.davit.start()
        self.tool("ps:restart")
        wait_until("the new dyno answers alone",
                   lambda: self.davit.get("shop").text.split()[1] == "1" and len(self.davit.dynos("shop")) == 1)
        self.assertEqual(self.slow(8), 1)
        wait_until("the log says who waited", lambda: " queue=" in self.davit.logs("shop"))
        answer = self.davit.get("shop")
        self.assertRegex(answer.headers["set-cookie"], "^davit_dyno=[0-9a-f]{24}; Path=/; HttpOnly; SameSite=Lax$")

        def counted():
            series = self.davit.api("GET", "/apps/shop/metrics?since=10m&step=10s")
            waited, dynos = sum(series["requests"]["waited"]), series["dynos"]
            by_dyno = sum(n or 0 for dyno in dynos for n in dyno["requests"])
            return waited >= 7 and by_dyno >= 16 and sum(series["traffic"]["bytes_out"]) > 0
        wait_until("the router has told what it counted", counted)
        self.tool("routing:set", "limit=default")
        self.assertGreater(self.slow(8), 1)


if __name__ == "__main__":
    unittest.main()
