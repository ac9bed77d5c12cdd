"""What ran before a reboot, an upgrade or an accident runs after it, and nothing else does."""
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import unittest
import uuid

import davit_e2e
from davit_e2e import DavitTest, Load, process_runs, wait_until


SLOW = """
const http = require('http');
let slow = null;
http.createServer((request, response) => {
  if (request.url === '/slow') { response.write('begin'); slow = response; return; }
  if (request.url === '/finish') { slow.end('end'); return response.end('finished'); }
  response.end('ok');
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));
"""


def worker(name):
    return f"setInterval(() => console.log('{name} works'), 1000);\n"


class Leftovers(DavitTest):
    def shop(self, web=2):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        self.davit.scale("shop", web=web)
        self.davit.up("shop", web)
        return folder

    def only_these_dynos_are_left(self):
        """Nothing on the host but what belongs to the dynos of the table."""
        ids = {dyno["id"] for dyno in self.davit.dynos("shop")}
        data = self.davit.data
        return ({path.name for path in (data / "scratch").iterdir()} == ids
                and not list((data / "builds").iterdir())
                and {path.stem for path in (data / "run/dynos").iterdir()} == ids
                and len(self.davit.launcher_pids()) == len(ids)
                and str(data) not in pathlib.Path("/proc/self/mountinfo").read_text())

    def test_what_nobody_answers_for_is_removed_and_reported(self):
        self.shop()
        dynos = self.davit.dynos("shop")
        (self.davit.data / f"scratch/{uuid.uuid4()}/app/deep").mkdir(parents=True)
        (self.davit.data / f"builds/{uuid.uuid4()}").mkdir()
        if os.geteuid() == 0:
            target = self.davit.data / f"scratch/{uuid.uuid4()}/tmp"
            target.mkdir(parents=True)
            subprocess.run(["mount", "-t", "tmpfs", "davit-test", target], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", target], stderr=subprocess.DEVNULL)
        # The look of each minute, and one that confirms it.
        wait_until("only the dynos' things are left", self.only_these_dynos_are_left, 150)
        self.assertEqual(self.davit.dynos("shop"), dynos)
        self.assertIn("leftover removed", self.davit.log_text())
        checks = {check["check"]: check for check in self.davit.api("GET", "/davit/doctor")["checks"]}
        self.assertTrue(checks["leftovers"]["ok"], checks["leftovers"])

    def test_a_dyno_whose_socket_was_deleted_does_not_live_on_in_secret(self):
        self.shop()
        victim = self.davit.dynos("shop")[0]["id"]
        with Load(self.davit, "shop"):
            self.davit.kill()
            for path in (self.davit.data / "run/dynos").glob(f"{victim}.*"):
                path.unlink()
            self.davit.start()
            self.davit.up("shop", 2)
        wait_until("only the dynos' things are left", self.only_these_dynos_are_left)
        self.assertNotIn(victim, [dyno["id"] for dyno in self.davit.dynos("shop")])

    def test_an_eventful_life_leaves_nothing(self):
        folder = self.shop(web=3)
        for number in range(2):
            self.davit.commit(folder, f"change {number}")
            self.davit.push(folder)
        for pid in self.davit.launcher_pids()[:2]:
            os.kill(pid, signal.SIGKILL)
        self.davit.api("DELETE", "/apps/shop/dynos")
        self.davit.scale("shop", web=1)
        self.davit.up("shop", 1)
        wait_until("only the dyno's things are left", self.only_these_dynos_are_left)


class Restarts(DavitTest):
    def two_apps(self):
        """One runs a web dyno and a worker, the other's web dyno was stopped by its owner."""
        for app in ("shop", "quiet"):
            self.davit.create(app)
            folder = self.davit.checkout(app, "hello-node")
            (folder / "Procfile").write_text("web: node server.js\nworker: node worker.js\n")
            self.davit.commit(folder, "a worker", worker__js=worker(app), server__js=SLOW)
            self.davit.push(folder)
            self.davit.up(app, 1)
        self.davit.scale("shop", web=1, worker=1)
        self.davit.up("shop", 2)
        self.davit.scale("quiet", web=0)
        wait_until("the quiet one stopped", lambda: not self.davit.dynos("quiet"))

    def test_after_a_reboot_what_ran_runs_and_what_was_stopped_is_stopped(self):
        self.two_apps()
        old = {dyno["id"] for dyno in self.davit.dynos("shop")}
        # What a reboot leaves: the disk, and nothing of /run.
        self.davit.kill()
        pids = self.davit.launcher_pids() + [self.davit.router_pid]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            wait_until(f"{pid} is gone", lambda: not process_runs(pid))
        shutil.rmtree(self.davit.data / "run")
        self.davit.start()
        types = sorted(dyno["type"] for dyno in self.davit.up("shop", 2))
        self.assertEqual(types, ["web", "worker"])
        self.assertFalse(old & {dyno["id"] for dyno in self.davit.dynos("shop")})
        self.assertEqual(self.davit.get("shop").status, 200)
        self.assertEqual(self.davit.dynos("quiet"), [])
        self.assertEqual(self.davit.get("quiet").status, 503)

    def slow_request(self):
        """Begins a response that takes until finish() is called on what comes back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.davit.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", "/slow", headers={"Host": f"shop.localhost:{self.davit.port}"})
        response = connection.getresponse()
        self.assertEqual(response.read(5), b"begin")
        return response

    def test_an_upgrade_keeps_every_dyno_and_fails_no_request(self):
        """New programs take the old ones' place while those run."""
        programs = self.davit.folder / "installed"
        shutil.copytree(davit_e2e.BIN, programs, ignore=lambda folder, names: [
            name for name in names if not name.startswith("davit")])
        shutil.copytree(davit_e2e.BIN.parent / "buildpacks", self.davit.folder / "buildpacks")
        self.davit.stop()
        os.kill(self.davit.router_pid, signal.SIGTERM)
        wait_until("the router ended", lambda: not process_runs(self.davit.router_pid))
        self.davit.programs = lambda: programs
        self.davit.start()
        self.two_apps()
        dynos = {dyno["id"] for dyno in self.davit.dynos("shop")}
        old_router = self.davit.router_pid
        slow = self.slow_request()
        with Load(self.davit, "shop", pause=0.01) as load:
            for name in ("davitd", "davit-dyno", "davit-router"):
                shutil.copy(davit_e2e.BIN / name, programs / "new")
                (programs / "new").rename(programs / name)
            self.davit.stop()
            load.at_least(50)
            self.davit.start()
            load.at_least(50)
            self.assertEqual({dyno["id"] for dyno in self.davit.dynos("shop")}, dynos)
            # The new router has the old one's sockets; that one ends when its last request has.
            self.assertNotEqual(self.davit.router_pid, old_router)
            load.at_least(200)
            self.assertTrue(process_runs(old_router))
            self.assertEqual(self.davit.get("shop", "/finish").text, "finished")
            self.assertEqual(slow.read(), b"end")
            # Now: the load writes more lines than are kept to show.
            wait_until("the slow request is logged", lambda: 'path="/slow"' in self.davit.logs("shop"))
            wait_until("the old router ended", lambda: not process_runs(old_router))
            # The new davit-dyno beside the old ones.
            self.davit.scale("shop", web=2)
            self.davit.up("shop", 3)
        self.assert_clean(load)


if __name__ == "__main__":
    unittest.main(verbosity=2)
