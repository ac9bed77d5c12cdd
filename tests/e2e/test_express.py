"""A real Express app from the npm registry through its whole life, under load all the time."""
import unittest

from davit_e2e import DavitTest, Load


class Express(DavitTest):
    def test_push_scale_change_roll_back_and_destroy_under_load(self):
        davit = self.davit
        davit.create("express-shop")
        folder = davit.checkout("express-shop", "express")
        davit.push(folder)
        with Load(davit, "express-shop") as load:
            davit.scale("express-shop", web=2)
            davit.up("express-shop", 2)
            server = (folder / "index.js").read_text()
            davit.commit(folder, "change", index__js=server.replace("version 1", "version 2"))
            davit.kill()
            load.at_least(200)
            davit.start()
            davit.push(folder)
            load.at_least(100)
            davit.api("POST", "/apps/express-shop/releases", {"release": "2"})
            davit.up("express-shop", 2, 4)
            load.at_least(100)
        self.assert_clean(load)
        pages = b"".join(load.bodies)
        self.assertIn(b"version 1", pages)
        self.assertIn(b"version 2", pages)
        davit.api("DELETE", "/apps/express-shop")
        self.assertEqual(davit.get("express-shop").status, 404)
        self.assertEqual(davit.launcher_pids(), [])
        for kind in ("slugs", "repos", "scratch", "builds", "cache", "build-outputs"):
            self.assertEqual(list((davit.data / kind).iterdir()), [], kind)


if __name__ == "__main__":
    unittest.main(verbosity=2)
