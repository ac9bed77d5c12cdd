"""Zero failed requests through everything that happens to a team's app and to the server below it.

DAVIT_SOAK is the number of requests after each event: 300 by itself, some thousands for a real soak
(with DAVIT_BIN of a release build).
"""
import os
import pathlib
import signal
import subprocess
import unittest

from davit_e2e import DavitTest, Load, wait_until

REQUESTS = int(os.environ.get("DAVIT_SOAK", "300"))


def descendants(pid):
    """All processes below one, the nearest first."""
    below = []
    for entry in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (entry / "children").read_text().split():
            below += [int(child), *descendants(child)]
    return below


class Soak(DavitTest):
    def setUp(self):
        super().setUp()
        self.davit.create("shop")
        self.folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(self.folder)
        self.davit.scale("shop", web=2)
        self.davit.up("shop", 2)

    def latest(self):
        return max(r["version"] for r in self.davit.api("GET", "/apps/shop/releases"))

    def pid_of(self, dyno):
        """The davit-dyno of one."""
        for pid in self.davit.launcher_pids():
            if dyno["id"].encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise AssertionError(f"no davit-dyno of {dyno}")

    def replaced(self, dyno):
        wait_until(f"{dyno['name']} has a successor", lambda: dyno["id"] not in [
            other["id"] for other in self.davit.dynos("shop")])
        self.davit.up("shop", 2)

    # --- events: each returns when it is over

    def deploy(self):
        self.davit.commit(self.folder, "another version")
        self.davit.push(self.folder)
        self.davit.up("shop", 2, self.latest())

    def deploy_what_never_boots(self):
        good = (self.folder / "server.js").read_text()
        self.davit.commit(self.folder, "crash", server__js="process.exit(1)")
        self.davit.push(self.folder, check=False)
        self.davit.commit(self.folder, "good again", server__js=good)
        self.davit.push(self.folder)
        self.davit.up("shop", 2, self.latest())

    def change_config(self):
        self.davit.api("PATCH", "/apps/shop/config-vars", {"CHANGE": str(self.latest())})
        self.davit.up("shop", 2, self.latest())

    def roll_back(self):
        first = min(r["version"] for r in self.davit.api("GET", "/apps/shop/releases") if r["slug"])
        self.davit.api("POST", "/apps/shop/releases", {"release": str(first)})
        self.davit.up("shop", 2, self.latest())

    def restart(self):
        old = {dyno["id"] for dyno in self.davit.dynos("shop")}
        self.davit.api("DELETE", "/apps/shop/dynos")
        wait_until("all dynos are new ones", lambda: not old & {
            dyno["id"] for dyno in self.davit.dynos("shop")})
        self.davit.up("shop", 2)

    def scale_up_and_down(self):
        for count in (4, 1, 2):
            self.davit.scale("shop", web=count)
            self.davit.up("shop", count)

    def crash_one_of_two(self):
        dyno = self.davit.dynos("shop")[0]
        os.kill(descendants(self.pid_of(dyno))[-1], signal.SIGKILL)
        self.replaced(dyno)

    def kill_a_davit_dyno(self):
        dyno = self.davit.dynos("shop")[0]
        os.kill(self.pid_of(dyno), signal.SIGKILL)
        self.replaced(dyno)

    def kill_davitd(self):
        self.davit.kill()
        self.davit.start()
        self.davit.up("shop", 2)

    def restart_davitd(self):
        self.davit.stop()
        self.davit.start()
        self.davit.up("shop", 2)

    def test_no_request_fails(self):
        events = (self.deploy, self.change_config, self.roll_back, self.restart,
                  self.scale_up_and_down, self.crash_one_of_two, self.kill_a_davit_dyno,
                  self.kill_davitd, self.restart_davitd, self.deploy_what_never_boots)
        counts = {}
        with Load(self.davit, "shop", path="/info", pause=0) as load:
            for event in events:
                before = load.count
                event()
                load.at_least(REQUESTS)
                counts[event.__name__] = load.count - before
                with self.subTest(event.__name__):
                    self.assertEqual(load.failures[:5], [])
                load.failures.clear()
        for name, count in counts.items():
            print(f"{name:24} {count:7} requests", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
