"""Releases that get a share of the requests first: counted, promoted, taken back, and none fails."""
import contextlib
import os
import sqlite3
import unittest

from davit_e2e import DavitTest, Load, wait_until


def answers(text, status=200):
    return f"""
require('http').createServer((q, s) => {{ s.statusCode = {status}; s.end('{text}'); }}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


class Canary(DavitTest):
    def setUp(self):
        super().setUp()
        self.folder = self.deploy(server__js=answers("one"), Procfile="web: node server.js\nworker: sleep 100000\n")
        self.davit.scale("shop", web=2, worker=1)
        self.davit.up("shop", 3)

    def push(self, text, **options):
        self.davit.commit(self.folder, text, server__js=answers(text, **options))
        return self.davit.push(self.folder).stdout

    def share(self, load, text, requests=400):
        """Of the next requests, in percent."""
        before, count = load.bodies.get(text.encode(), 0), load.count
        load.at_least(requests)
        return 100 * (load.bodies.get(text.encode(), 0) - before) / (load.count - count)

    def dynos(self):
        return {d["name"]: d["release"]["version"] for d in self.davit.dynos("shop") if d["state"] == "up"}

    def only(self, version):
        """Waits until the whole formation is of one release, and nothing else is there."""
        wait_until(lambda: f"all is of v{version}: {self.davit.dynos('shop')}",
                   lambda: sorted((d["name"], d["release"]["version"]) for d in self.davit.dynos("shop"))
                   == [("web.1", version), ("web.2", version), ("worker.1", version)])

    def release(self, version):
        return self.davit.api("GET", f"/apps/shop/releases/{version}")

    @contextlib.contextmanager
    def store_that_withdraws_nothing(self):
        """As a full disk would: what is written fails in SQLite itself."""
        def change(statement):
            database = sqlite3.connect(os.path.join(self.davit.data, "davit.db"), timeout=60)
            with contextlib.closing(database), database:
                database.execute(statement)
        change("CREATE TRIGGER refuse BEFORE UPDATE OF failure ON releases BEGIN SELECT RAISE(ABORT, 'no space'); END")
        try:
            yield
        finally:
            change("DROP TRIGGER refuse")

    def test_it_gets_its_share_until_it_is_promoted_or_taken_back(self):
        self.assertIn("begin with 25% of requests, until they are promoted", self.tool("releases:canary", "25%").stdout)
        with Load(self.davit, "shop", pause=0.005) as load:
            pushed = self.push("two")
            self.assertIn("25% of requests go to v3", pushed)
            self.assertIn("davit releases:promote -a shop", pushed)
            self.assertEqual(self.dynos(), {"web.1": 2, "web.2": 2, "web.101": 3, "worker.1": 2})
            self.assertTrue(15 < self.share(load, "two") < 35)
            self.assertRegex(self.tool("ps").stdout, r"web\.101: up .*canary: v3 gets 25% of the requests")
            self.assertRegex(self.tool("releases").stdout, r"v3 .*canary: 25% of requests")
            self.assertIn("D22", self.tool("why", check=False).stdout)
            self.assertIn("releases:abort", self.tool("rollback", check=False).stderr)
            self.assertEqual([self.release(3)[key] for key in ("current", "status", "canary")],
                             [False, "succeeded", {"percent": 25, "promote_at": None}])
            ids = {d["id"] for d in self.davit.dynos("shop")}
            self.davit.kill()
            load.at_least(100)
            self.davit.start()
            self.assertEqual({d["id"] for d in self.davit.dynos("shop")}, ids)
            self.assertTrue(15 < self.share(load, "two") < 35)
            self.tool("releases:canary", "60%")  # also of the one that serves: two dynos for it
            wait_until("it has another dyno", lambda: self.dynos().get("web.102") == 3)
            self.assertTrue(48 < self.share(load, "two") < 72)
            self.tool("ps:restart", "web.101")
            wait_until("another dyno has its place", lambda: len(ids & {d["id"] for d in self.davit.dynos("shop")}) == 3
                       and self.dynos().get("web.101") == 3)
            self.assertIn("v2 is not the canary now, v3 is", self.tool("releases:promote", "v2", check=False).stderr)
            self.tool("releases:promote", "v3")
            self.only(3)
            self.assertEqual(self.share(load, "two", 100), 100)

            self.push("three")
            self.assertEqual(self.dynos()["web.101"], 4)
            self.tool("config:set", "A=1")  # the canary's
            wait_until("it is replaced", lambda: self.dynos().get("web.101") == 5)
            self.assertTrue(48 < self.share(load, "three") < 72)
            self.tool("releases:abort")
            self.only(3)
            self.assertEqual(self.share(load, "two", 100), 100)
            self.assertEqual(self.release(4)["failure"], "v5 took its place before it was promoted")
            self.assertIn("taken back by user", self.release(5)["failure"])
            self.assertEqual(self.davit.api("GET", "/apps/shop/config-vars"), {})
            self.assertIn("no canary serves now", self.tool("releases:abort", check=False).stderr)

            self.push("four")
            self.tool("rollback", "v2")  # is at once, and ends it
            self.only(7)
            self.assertEqual(self.share(load, "one", 100), 100)
        self.assert_clean(load)

    def test_it_is_taken_back_and_promoted_by_itself(self):
        self.tool("releases:canary", "50%")
        self.davit.commit(self.folder, "crash", server__js="process.exit(1)")
        with Load(self.davit, "shop") as load:
            pushed = self.davit.push(self.folder).stdout
            self.assertIn("Canary v3 was taken back: web.101 crashed: exited with status 1", pushed)
            self.only(2)
        self.assert_clean(load)
        with Load(self.davit, "shop") as load:
            with self.store_that_withdraws_nothing():
                self.push("broken", status=500)
                wait_until("it cannot be stored", lambda: "end not stored" in self.davit.log_text())
                self.only(2)  # it serves nobody any more
                self.assertEqual(self.release(4)["status"], "succeeded")
            wait_until("it is taken back", lambda: self.release(4)["status"] == "failed")
            self.only(2)
            self.assertEqual(self.share(load, "one", 100), 100)
        self.assertEqual(set(load.failures), {"500 b'broken'"})
        self.assertRegex(self.release(4)["failure"], r"\d+ of \d+ requests to it failed with 5xx \(100.0%\)")
        self.assertIn("heroku[canary]: Release v4 failed: as a canary it was taken back", self.davit.logs("shop"))
        self.assertIn("get all of them after 1s", self.tool("releases:canary", "50%", "--after", "1s").stdout)
        with Load(self.davit, "shop") as load:
            self.push("good")
            self.only(5)
        self.assert_clean(load)
        self.tool("releases:canary", "off")
        self.push("last")
        self.only(6)


if __name__ == "__main__":
    unittest.main()
