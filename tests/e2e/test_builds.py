"""Builds have limits and a queue: they can be watched, cancelled and followed, and harm no app that runs."""
import json
import os
import pathlib
import subprocess
import unittest

from davit_e2e import BIN, Davit, DavitTest, Load, wait_until

TOML = """
[build]
memory = "128MB"
processes = 96
at_once = 1
"""


def package(script):
    return json.dumps({"name": "a", "version": "1.0.0", "scripts": {"start": "node server.js", "build": script}})


class Builds(DavitTest):
    shared = True

    def make_davit(self):
        davit = Davit()
        davit.data.mkdir(mode=0o700)
        davit.data.joinpath("davit.toml").write_text(TOML)
        return davit

    def tool(self, *args, check=True):
        done = subprocess.run([BIN / "davit", *args], cwd=self.davit.folder, env=self.tool_env(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if check:
            self.assertEqual(done.returncode, 0, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def app(self, name, script=None):
        self.davit.create(name)
        folder = self.davit.checkout(name, "hello-node")
        if script:
            self.davit.commit(folder, "a build script", package__json=package(script))
        return folder

    def build_of(self, app, stage):
        def find():
            builds = self.davit.api("GET", f"/apps/{app}/builds")
            return builds[-1] if builds and builds[-1]["stage"] == stage else None
        return wait_until(f"the build of {app} is {stage}", find)

    def read_until(self, process, text):
        seen = ""
        while text not in seen:
            line = process.stdout.readline()
            self.assertNotEqual(line, "", f"ended before {text!r}:\n{seen}")
            seen += line
        return seen

    def test_one_builds_the_others_wait_and_any_may_be_cancelled(self):
        endless = "echo the build is on; sleep 1000"
        first = self.davit.start_push(self.app("first", endless))
        self.read_until(first, "the build is on")
        second = self.davit.start_push(self.app("second"))
        self.read_until(second, "Waiting: 1 build before this one")
        queued = self.build_of("second", "queued")
        self.assertEqual(queued["builds_before"], 1)
        self.assertIn("queued, 1 before it", self.tool("builds", "-a", "second"))
        self.assertIn("building", self.tool("builds", "-a", "first"))

        running = self.build_of("first", "building")
        kept = self.tool("builds:output", "-a", "first")
        self.assertIn("the build is on", kept)
        path = running["output_stream_url"].partition(str(self.davit.port))[2]
        part = self.davit.request("GET", f"{path}?offset=7&follow=no").body
        self.assertTrue(kept.encode().startswith(b"-----> " + part[:20]), part[:40])
        self.assertEqual(self.davit.request("GET", f"{path}?offset=x").status, 422)
        tail = subprocess.Popen(
            [BIN / "davit", "builds:output", "--tail", "-a", "first"], env=self.tool_env(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            self.read_until(tail, "the build is on")
            self.assertIn("Cancelled build", self.tool("builds:cancel", "-a", "first"))
            output, _ = first.communicate(timeout=60)
            self.assertNotEqual(first.returncode, 0)
            self.assertIn(f"Build cancelled by {self.davit.email}", output)
            self.assertIn("pre-receive hook declined", output)
            self.assertIn("Build cancelled by", tail.communicate(timeout=60)[0])
        finally:
            tail.kill()
            tail.communicate()
        output, _ = second.communicate(timeout=120)
        self.assertEqual(second.returncode, 0, output)
        cancelled = self.davit.api("GET", "/apps/first/builds")[-1]
        self.assertEqual(cancelled["status"], "failed")
        self.assertIn("cancelled by", cancelled["source_blob"]["version_description"])
        self.davit.api("DELETE", f"/apps/first/builds/{cancelled['id']}", expect=409)
        self.davit.api("DELETE", f"/apps/second/builds/{cancelled['id']}", expect=404)
        self.assertIn("is empty", self.tool("builds:cache:purge", "-a", "second"))
        app = self.davit.api("GET", "/apps/second")["id"]
        self.assertFalse((self.davit.data / "cache" / app).exists())

    def test_a_hog_and_a_bomb_are_stopped_while_an_app_serves(self):
        self.davit.push(self.app("calm"))
        self.davit.up("calm", 1)
        hog = self.app("hog", "echo eating; head -c 3000000000 /dev/zero | tail | wc -c; sleep 1000")
        bomb = self.app("bomb", "echo forking; perl -e 'while (1) { fork }'")
        with Load(self.davit, "calm") as load:
            failed = self.davit.push(hog, check=False)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn("memory limit of 128MB", failed.stdout)
            if self.counts_forks():
                failed = self.davit.push(bomb, check=False)
                self.assertNotEqual(failed.returncode, 0)
                self.assertIn("limit of 96 processes and threads", failed.stdout)
            else:
                print("no control group counts processes here: the bomb would run to its time limit")
            load.at_least(50)
        self.assert_clean(load)
        # In the background: a push does not wait for it.
        wait_until("nothing of the builds is left", lambda: not list((self.davit.data / "builds").iterdir()))

    @staticmethod
    def counts_forks():
        """Only a control group tells how often fork was refused."""
        places = map(pathlib.Path, ("/proc/self/cgroup", "/sys/fs/cgroup/cgroup.controllers"))
        return os.geteuid() == 0 and any("pids" in place.read_text() for place in places if place.exists())


if __name__ == "__main__":
    unittest.main()
