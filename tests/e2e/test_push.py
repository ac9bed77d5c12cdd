"""A push builds, releases and serves; one that fails changes nothing."""
import http.client
import os
import re
import signal
import subprocess
import unittest

from davit_e2e import BIN, DavitTest, process_runs, wait_until


class Push(DavitTest):
    def test_first_push_is_served_and_the_next_one_replaces_it(self):
        self.davit.create("blog")
        folder = self.davit.checkout("blog", "hello-node")
        pushed = self.davit.push(folder).stdout
        self.assertIn("remote: -----> ", pushed)
        self.assertIn("app detected", pushed)
        self.assertIn("Released v", pushed)
        self.assertIn(f"http://blog.localhost:{self.davit.port}/ deployed", pushed)
        self.assertEqual(self.davit.get("blog", "/info").json["text"], "Hello from Davit")
        server = (folder / "server.js").read_text().replace("Hello from Davit", "Second")
        self.davit.commit(folder, "second", server__js=server)
        self.davit.push(folder)
        self.davit.up("blog", 1)
        self.assertEqual(self.davit.get("blog", "/info").json["text"], "Second")
        releases = self.davit.api("GET", "/apps/blog/releases")
        self.assertEqual([r["version"] for r in releases], sorted(r["version"] for r in releases))
        self.assertIn("up-to-date", self.davit.push(folder).stdout.lower())

    def test_a_failed_build_declines_the_push_and_the_old_release_serves_on(self):
        self.davit.create("blog")
        folder = self.davit.checkout("blog", "hello-node")
        self.davit.push(folder)
        before = self.davit.git(folder, "ls-remote", "davit").stdout
        self.davit.commit(folder, "break it", package__json="{ not json")
        failed = self.davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("pre-receive hook declined", failed.stdout)
        self.assertIn("Push rejected", failed.stdout)
        self.assertEqual(self.davit.git(folder, "ls-remote", "davit").stdout, before)
        self.assertEqual(self.davit.get("blog", "/info").status, 200)
        self.assertEqual(self.davit.api("GET", "/apps/blog/builds")[-1]["status"], "failed")

    def test_other_branches_are_stored_and_not_deployed(self):
        self.davit.create("blog")
        folder = self.davit.checkout("blog", "hello-node")
        self.davit.git(folder, "checkout", "-q", "-b", "idea")
        pushed = self.davit.push(folder, "idea").stdout
        self.assertRegex(pushed, "(?i)not deployed|only main and master")
        self.assertEqual(self.davit.api("GET", "/apps/blog/builds"), [])
        self.davit.git(folder, "tag", "v1")
        pushed = self.davit.push(folder, "idea:main", "v1", "idea").stdout
        self.assertEqual(len(re.findall("Released v", pushed)), 1)
        clone = self.davit.folder / "clone"
        self.davit.git(self.davit.folder, "clone", "-q", self.davit.git_url("blog"), clone)
        self.assertTrue((clone / "server.js").exists())

    def test_master_deploys_too_and_an_unknown_language_is_explained(self):
        self.davit.create("odd-app")
        folder = self.davit.checkout("odd-app", "no-language")
        refused = self.davit.push(folder, "main:master", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("No default language could be detected", refused.stdout)
        self.assertIn("package.json", refused.stdout)

    def test_static_site(self):
        self.davit.create("site")
        folder = self.davit.checkout("site", "static-site")
        self.davit.push(folder)
        page = self.davit.get("site")
        self.assertEqual(page.status, 200)
        self.assertIn("text/html", page.headers["Content-Type"])
        self.assertIn(self.davit.get("site", "/../../etc/passwd").status, (400, 404))

    def test_two_pushes_at_once_queue(self):
        self.davit.create("blog")
        folder = self.davit.checkout("blog", "hello-node")
        slow = '{"name":"a","version":"1.0.0","scripts":{"start":"node server.js","build":' \
               '"touch /tmp/started; while [ ! -e /tmp/go ]; do sleep 0.1; done"}}'
        # The first build waits for a file that the test makes in the build's own /tmp.
        self.davit.commit(folder, "slow", package__json=slow)
        first = self.davit.start_push(folder)
        tmp = wait_until("the first build runs", self.build_tmp)
        other = self.davit.folder / "other"
        self.davit.git(self.davit.folder, "clone", "-q", folder, other)
        self.davit.git(other, "remote", "add", "davit", self.davit.git_url("blog"))
        quick = '{"name":"a","version":"1.0.0","scripts":{"start":"node server.js"}}'
        self.davit.commit(other, "quick", package__json=quick)
        second = self.davit.start_push(other)
        seen = ""
        while "waiting" not in seen:
            line = second.stdout.readline()
            self.assertNotEqual(line, "", f"the second push did not wait:\n{seen}")
            seen += line
        (tmp / "go").touch()
        for process in (first, second):
            output, _ = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, output)

    def test_ctrl_c_cancels_the_build_and_leaves_nothing(self):
        self.davit.create("blog")
        folder = self.davit.checkout("blog", "hello-node")
        endless = '{"name":"a","version":"1.0.0","scripts":{"start":"node server.js","build":' \
                  '"touch /tmp/started; sleep 1000"}}'
        self.davit.commit(folder, "endless", package__json=endless)
        push = self.davit.start_push(folder)
        wait_until("the build runs", self.build_tmp)
        pids = self.davit.launcher_pids()
        self.assertTrue(pids)
        os.killpg(push.pid, signal.SIGINT)
        push.communicate(timeout=30)
        for pid in pids:
            wait_until("the build dyno is gone", lambda: not process_runs(pid))
        wait_until("the build's files are gone",
                   lambda: not any((self.davit.data / "builds").iterdir()))
        wait_until("the build is failed", lambda: self.davit.api(
            "GET", "/apps/blog/builds")[-1]["status"] == "failed")
        self.assertEqual(self.davit.git(folder, "ls-remote", "davit").stdout.strip(), "")

    def build_tmp(self):
        """The host's side of /tmp of the one build that runs its build script, which made /tmp/started."""
        for build in (self.davit.data / "builds").iterdir():
            if (build / "tmp/started").exists():
                return build / "tmp"
        return None


class Refusals(DavitTest):
    def raw(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("localhost", self.davit.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def test_strangers_and_nonsense_are_refused_and_nothing_is_stored(self):
        self.davit.create("blog")
        path = "/blog.git/info/refs?service=git-receive-pack"
        self.assertEqual(self.raw("GET", path)[0], 401)
        bad = {"Authorization": "Bearer DVT-nonsense"}
        self.assertEqual(self.raw("GET", path, headers=bad)[0], 401)
        other = self.davit.api("POST", "/davit/users", {"email": "other@example.com"})
        other_key = other.get("api_key") or other.get("token")
        stranger = {"Authorization": f"Bearer {other_key}"}
        self.assertIn(self.raw("GET", path, headers=stranger)[0], (403, 404))
        self.davit.api("GET", "/apps/blog", key=other_key, expect=(403, 404))
        mine = {"Authorization": f"Bearer {self.davit.key}"}
        for evil in ("/../blog.git/info/refs?service=git-receive-pack",
                     "/%2e%2e/%2e%2e/etc/passwd", "/blog.git/../../davit.db",
                     "/blog.git/objects/info/packs", "/blog.git/HEAD"):
            self.assertIn(self.raw("GET", evil, headers=mine)[0], (400, 404), evil)
        kind = {"Content-Type": "application/x-git-receive-pack-request", **mine}
        for garbage in (b"zzzz", b"0003", b"00", b"ffff" * 10, b"0000PACKnonsense"):
            status, _ = self.raw("POST", "/blog.git/git-receive-pack", garbage, kind)
            self.assertIn(status, (200, 400, 413, 422), garbage)
        repositories = list((self.davit.data / "repos").glob("*.git/objects/quarantine*"))
        self.assertEqual(repositories, [])
        self.assertEqual(self.davit.request("GET", "/health").status, 200)


class CommandLine(DavitTest):
    """The journey of the README with the `davit` tool."""

    def davit_tool(self, *args, folder=None, check=True, stdin=None):
        env = {**self.davit.git_env, "PATH": f"{BIN}:{self.davit.git_env['PATH']}",
               "DAVIT_URL": f"http://localhost:{self.davit.port}"}
        done = subprocess.run([BIN / "davit", *args], cwd=folder or self.davit.folder, env=env,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              input=stdin, timeout=120)
        if check:
            self.assertEqual(done.returncode, 0, f"{args}: {done.stdout}{done.stderr}")
        return done

    def follow_logs(self, app, folder):
        """`davit logs --tail` shows what is new while it runs, and ends on Ctrl-C."""
        env = {**self.davit.git_env, "DAVIT_URL": f"http://localhost:{self.davit.port}"}
        tail = subprocess.Popen([BIN / "davit", "logs", "--tail", "-n", "1"], cwd=folder, env=env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            tail.stdout.readline()  # the newest there was: it follows from now on
            self.davit.get(app, "/followed?mark=1")
            for line in tail.stdout:
                if 'path="/followed?mark=1"' in line:
                    break
            tail.send_signal(signal.SIGINT)
            self.assertEqual(tail.wait(30), 130, tail.stderr.read())
        finally:
            tail.kill()
            tail.communicate()

    def test_from_login_to_destroy(self):
        run = self.davit_tool
        run("login", "--email", self.davit.email, "--password-stdin", stdin=self.davit.password)
        folder = self.davit.checkout("unused", "hello-node")
        self.davit.git(folder, "remote", "remove", "davit")
        created = run("create", folder=folder).stdout
        name = re.search(r"([a-z]+-[a-z]+-\d+)", created).group(1)
        self.assertIn(name, run("apps").stdout)
        pushed = subprocess.run(
            ["git", "push", "davit", "main"], cwd=folder, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=120, stdin=subprocess.DEVNULL,
            env={**self.davit.git_env, "PATH": f"{BIN}:{self.davit.git_env['PATH']}"})
        self.assertEqual(pushed.returncode, 0, pushed.stdout)
        run("ps:scale", "web=2", folder=folder)
        self.davit.up(name, 2)
        self.assertIn("web.2", run("ps", folder=folder).stdout)
        run("config:set", "A=1", "B=two words", folder=folder)
        self.assertEqual(run("config:get", "B", folder=folder).stdout.strip(), "two words")
        run("config:unset", "A", folder=folder)
        self.assertNotIn("A:", run("config", folder=folder).stdout)
        releases = run("releases", folder=folder).stdout
        self.assertIn("Set A, B config vars", releases)
        run("rollback", folder=folder)
        self.assertIn("Rollback to", run("releases", folder=folder).stdout)
        self.davit.up(name, 2)
        self.davit.get(name)
        wait_until("the router's line is in the log", lambda: "heroku[router]" in run(
            "logs", "-n", "100", folder=folder).stdout)
        self.follow_logs(name, folder)
        self.assertIn(name, run("open", folder=folder).stdout)
        run("why", folder=folder)
        refused = run("apps:destroy", "--confirm", "wrong-name", folder=folder, check=False)
        self.assertNotEqual(refused.returncode, 0)
        run("apps:destroy", "--confirm", name, folder=folder)
        self.davit.api("GET", f"/apps/{name}", expect=404)
        self.assertEqual(self.davit.get(name).status, 404)
        self.assertEqual(self.davit.launcher_pids(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
