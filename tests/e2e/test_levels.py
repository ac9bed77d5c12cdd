"""The same life at every level of isolation, as root and as an ordinary user."""
import os
import unittest

from davit_e2e import Davit, DavitTest, Load, wait_until

ORDINARY_USER = 65534


class Life:
    level = None
    user = None

    def make_davit(self):
        if os.geteuid() != 0 and (self.user is not None or self.level == "A"):
            self.skipTest("only root can be another user, or isolate at level A")
        return Davit(level=self.level, user=self.user)

    def test_push_scale_restart_and_a_kill_of_davitd(self):
        wait_until("the level is logged", lambda: f"level={self.level}" in self.davit.log_text())
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        with Load(self.davit, "shop", path="/info") as load:
            self.davit.scale("shop", web=2)
            self.davit.up("shop", 2)
            self.davit.api("DELETE", "/apps/shop/dynos")
            load.at_least(20)
            self.davit.kill()
            load.at_least(20)
            self.davit.start()
            self.davit.up("shop", 2)
            self.davit.api("PATCH", "/apps/shop/config-vars", {"COLOUR": "blue"})
            load.at_least(20)
        self.assert_clean(load)
        wait_until("the app's own lines are stored", lambda: "app[web.1]" in self.davit.logs("shop"))
        pids = self.davit.launcher_pids()
        self.assertGreaterEqual(len(pids), 2)
        self.davit.api("DELETE", "/apps/shop")
        self.assertEqual(self.davit.launcher_pids(), [])
        self.assertEqual(list((self.davit.data / "scratch").iterdir()), [])


class LevelA(Life, DavitTest):
    level = "A"


class LevelB(Life, DavitTest):
    level = "B"
    user = ORDINARY_USER


class LevelC(Life, DavitTest):
    level = "C"
    user = ORDINARY_USER


class LevelCAsRoot(Life, DavitTest):
    level = "C"


if __name__ == "__main__":
    unittest.main(verbosity=2)
