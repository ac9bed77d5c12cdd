"""Where packs and code come from: packs by their apps' choice, app.json, submodules, and deploys without git."""
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import unittest

from davit_e2e import BIN, SOURCE, DavitTest, wait_until
from git_server import GitServer

FIRST = {
    "bin__detect": "#!/bin/sh\necho First\n",
    "bin__compile": "#!/bin/bash\necho 'first compiles'\necho one >> \"$1/trace\"\n"
                    "echo \"export FROM_FIRST=exported\" > export\n",
    "bin__release": "#!/bin/sh\necho 'default_process_types: {web: never}'\n"}
SECOND = {
    "bin__detect": "#!/bin/sh\necho Second\n",
    "bin__compile": "#!/bin/bash\necho 'second compiles'\necho \"two $FROM_FIRST\" >> \"$1/trace\"\n",
    "bin__release": "#!/bin/sh\necho 'default_process_types: {web: python3 -m http.server $PORT}'\n"}


def tar_of(**files):
    """A .tgz; a value that is a TarInfo goes in as it is."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size, info.mode = len(content), 0o644
            tar.addfile(info, io.BytesIO(content.encode()))
    return out.getvalue()


def odd(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


class SourcesTest(DavitTest):
    settings = ""

    def make_davit(self):
        folder = tempfile.mkdtemp(prefix="dvt-git-")
        self.addCleanup(shutil.rmtree, folder)
        self.server = GitServer(folder)
        self.addCleanup(self.server.close)
        davit = super().make_davit()
        davit.data.mkdir()
        self.packs = pathlib.Path(folder)
        (davit.data / "davit.toml").write_text(
            f'[sources]\nplain_http = true\nallow = ["127.0.0.1"]\nlocal = ["{folder}/local"]\n'
            f'[buildpacks]\n"corp/second" = "{self.server.url}/second.git"\n'
            f'[build.env]\nNO_PROXY = "127.0.0.1,localhost"\n' + self.settings)
        return davit

    def cli(self, *args, check=True, cwd="/"):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.davit.folder), "DAVIT_API_KEY": self.davit.key,
               "DAVIT_URL": f"http://localhost:{self.davit.port}", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run([BIN / "davit", *map(str, args)], env=env, cwd=cwd, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check and done.returncode != 0:
            raise AssertionError(f"davit {args}: {done.returncode}\n{done.stdout}")
        return done

    def app(self, name, **files):
        self.davit.create(name)
        folder = self.davit.folder / name
        folder.mkdir()
        self.davit.git(folder, "init", "-q", "-b", "main")
        self.davit.git(folder, "remote", "add", "davit", self.davit.git_url(name))
        self.davit.commit(folder, "first", **(files or {"trace": ""}))
        return folder

    def refused(self, folder, *words):
        self.davit.commit(folder, "again")
        pushed = self.davit.push(folder, check=False)
        self.assertNotEqual(pushed.returncode, 0, pushed.stdout)
        for word in words:
            self.assertIn(word, pushed.stdout)
        return pushed.stdout

    def pushed(self, folder, *words):
        self.davit.commit(folder, "again")
        out = self.davit.push(folder).stdout
        for word in words:
            self.assertIn(word, out)
        return out


class Packs(SourcesTest):
    def test_packs_come_from_where_their_app_says(self):
        davit, server = self.davit, self.server
        first = server.repository("first", "v1", **FIRST)
        server.repository("first", **{"bin__compile": "#!/bin/sh\nexit 7\n"})  # main is broken, v1 is not
        second = server.repository("second", **SECOND)
        folder = self.app("chain")

        # Two packs of two repositories: a tag, and a name that the admin has mapped.
        self.assertIn("each deploy detects it", self.cli("buildpacks", "-a", "chain").stdout)
        self.cli("buildpacks:set", f"{server.url}/first.git#v1", "-a", "chain")
        out = self.cli("buildpacks:add", "corp/second", "-a", "chain").stdout
        self.assertIn(f"1. {server.url}/first.git#v1", out)
        self.assertIn("2. corp/second", out)
        listed = davit.api("GET", "/apps/chain/buildpack-installations")
        self.assertEqual([one["ordinal"] for one in listed], [0, 1])
        self.assertEqual(listed[1]["buildpack"], {"url": "urn:buildpack:corp/second", "name": "corp/second"})
        self.pushed(folder, f"Using buildpack: {server.url}/first.git#v1 ({first[:10]})", "first compiles",
                    f"Using buildpack: corp/second ({second[:10]})", "second compiles")
        davit.up("chain", 1)
        self.assertEqual(davit.get("chain", "/trace").text, "one\ntwo exported\n")

        # What is kept is not fetched again; a branch is only asked for its commit.
        server.asked.clear()
        self.pushed(folder, "first compiles")
        self.assertEqual([path for path in server.asked if path.endswith("upload-pack")], [])
        self.cli("buildpacks:set", f"{server.url}/first.git", "-a", "chain")
        self.refused(folder, "failed to compile First app")
        # A commit by a part of its id, which no branch is at.
        self.cli("buildpacks:set", f"{server.url}/first.git#{first[:12]}", "-a", "chain")
        self.cli("buildpacks:add", "corp/second", "-a", "chain")
        self.pushed(folder, "first compiles", "second compiles")

        # The file .buildpacks goes before what is set, the variable BUILDPACK_URL before both.
        server.files["/third.tgz"] = tar_of(**{
            "third-1.0__" + name: text.replace("Second", "Third").replace("two", "three")
            for name, text in SECOND.items()})
        davit.commit(folder, "file", **{"__buildpacks": f"# ours\n\n{server.url}/third.tgz\n"})
        self.pushed(folder, "Using buildpacks set by the file .buildpacks", "Third app detected")
        davit.api("PATCH", "/apps/chain/config-vars", {"BUILDPACK_URL": f"{server.url}/second.git"})
        self.pushed(folder, "Using buildpacks set by the config var BUILDPACK_URL", "Second app detected")

        # A pinned commit and a pinned archive, without a network.
        digest = hashlib.sha256(server.files["/third.tgz"]).hexdigest()
        pinned = f"{server.url}/second.git#{second}\n{server.url}/third.tgz#{digest}\n"
        davit.api("PATCH", "/apps/chain/config-vars", {"BUILDPACK_URL": None})
        davit.commit(folder, "pinned", **{"__buildpacks": pinned})
        server.close()
        server.close = lambda: None
        self.pushed(folder, "Second app detected", "Third app detected")
        davit.commit(folder, "not pinned", **{"__buildpacks": f"{server.url}/second.git\n"})
        self.refused(folder, f"The buildpack {server.url}/second.git cannot be used", "pinned to a commit")

    def test_what_a_tenant_may_not_name_is_refused_with_a_reason(self):
        server = self.server
        server.repository("second", **SECOND)
        folder = self.app("chain")
        for pack, word in (("https://169.254.169.254/pack.git", "is this server or its private network"),
                           (f"{server.url}/away.tgz", "is this server or its private network"),
                           ("file:///etc", "only where an admin allows it"),
                           (f"{self.packs}/local/link", "only where an admin allows it"),
                           (f"{server.url}/second.git#nothing", "no branch, tag or commit \"nothing\"; it has main"),
                           (f"{server.url}/none.git", "Is the address right"),
                           (f"{server.url}/plain.tgz", "has no bin/compile"),
                           (f"{server.url}/up.tgz", "a path that leads out of it"),
                           (f"{server.url}/device.tgz", "neither file nor folder"),
                           (f"{server.url}/plain.tgz#{'0' * 64}", "its checksum is"),
                           ("heroku/nodejs", "its bin/detect refuses the code")):
            with self.subTest(pack=pack):
                self.serve_tricks(server)
                self.cli("buildpacks:set", pack, "-a", "chain")
                self.refused(folder, word)
        for pack, word in (("git@github.com:a/b.git", "needs a key"), ("ssh://git@host/a.git", "needs a key"),
                           ("ftp://host/a.git", "nothing that is fetched"), ("nonsense", "this server brings clojure, cpp, "),
                           ("https://host/a.tgz#v1", "its SHA-256")):
            refused = self.cli("buildpacks:set", pack, "-a", "chain", check=False)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(word, refused.stdout)
        # Kept nothing of all that: what was refused lies nowhere.
        kept = list((self.davit.data / "sources").iterdir())
        self.assertEqual([path.name for path in kept if path.name.startswith("incoming")], [])
        # A secret in an address is shown to nobody.
        secret = server.url.replace("://", "://me:hunter2@") + "/second.git"
        self.cli("buildpacks:set", secret, "-a", "chain")
        out = self.pushed(folder, f"Using buildpack: {server.url}/second.git")
        self.assertNotIn("hunter2", out + self.cli("buildpacks", "-a", "chain").stdout)
        self.assertNotIn("hunter2", self.davit.log_text() + self.davit.logs("chain"))
        # A folder and a repository of this machine, where the admin allows it.
        shutil.copytree(self.packs / "second", self.packs / "local/mine", dirs_exist_ok=True)
        for pack in (f"{self.packs}/local/mine", f"file://{self.packs}/local/mine#main"):
            self.cli("buildpacks:set", pack, "-a", "chain")
            self.pushed(folder, "Second app detected")

    def serve_tricks(self, server):
        if server.files:
            return
        (self.packs / "local").mkdir()
        os.symlink("/etc", self.packs / "local/link")
        server.files.update({
            "/away.tgz": "http://169.254.169.254/latest/meta-data",
            "/plain.tgz": tar_of(text="x"), "/up.tgz": tar_of(**{"..__evil": "x"}),
            "/device.tgz": tar_of(d=odd("bin/null", tarfile.CHRTYPE))})

    def test_submodules_and_several_that_match(self):
        davit, server = self.davit, self.server
        inner = server.repository("inner", **{"deep__file": "from the submodule"})
        server.repository("second", **SECOND)
        folder = self.app("modules", **{"trace": ""})
        davit.git(folder, "-c", "protocol.file.allow=always", "submodule", "add", "-q",
                  f"{server.url}/inner.git", "vendor/inner")
        self.cli("buildpacks:set", "corp/second", "-a", "modules")
        self.pushed(folder, "Fetching submodule vendor/inner")
        davit.up("modules", 1)
        self.assertEqual(davit.get("modules", "/vendor/inner/deep/file").text, "from the submodule")
        (folder / ".gitmodules").write_text('[submodule "x"]\n path = vendor/inner\n url = ../inner.git\n')
        self.refused(folder, "The submodule 'vendor/inner' cannot be fetched", "over https://")
        (folder / ".gitmodules").write_text(
            '[submodule "x"]\n path = vendor/inner\n url = https://192.168.0.1/inner.git\n')
        self.refused(folder, "is this server or its private network")  # kept of one address is of no other
        self.check_a_submodule_that_would_escape(folder)
        self.check_the_pack_of_the_document()
        self.cli("buildpacks:clear", "-a", "modules")
        davit.git(folder, "rm", "-q", "-f", ".gitmodules")
        davit.commit(folder, "two languages", package__json='{"name": "x"}', requirements__txt="")
        out = davit.push(folder, check=False).stdout
        self.assertIn("It looks like an app for python as well; nodejs comes first", out)

    def check_a_submodule_that_would_escape(self, folder):
        """A line's end in a path was the end of an entry in the list that is kept of a repository's submodules."""
        outer = self.server.repository("outer", text="x")
        work = self.packs / "outer"
        for path in (f"odd\n{outer} escaped", "vendor\n"):
            self.server.git(work, "update-index", "--add", "--cacheinfo", f"160000,{outer},{path}")
        self.server.git(work, "commit", "-q", "-m", "odd")
        self.server.git(work, "push", "-q", str(self.packs / "outer.git"), "main")
        commit = self.server.git(work, "rev-parse", "HEAD")
        self.davit.git(folder, "rm", "-q", "-f", "--cached", "vendor/inner")
        self.davit.git(folder, "update-index", "--add", "--cacheinfo", f"160000,{commit},outer")
        (folder / ".gitmodules").write_text(f'[submodule "x"]\n path = outer\n url = {self.server.url}/outer.git\n')
        for _ in range(2):  # fetched, and kept
            self.davit.git(folder, "add", ".gitmodules")
            self.davit.git(folder, "commit", "-q", "--allow-empty", "-m", "again")
            pushed = self.davit.push(folder, check=False)
            self.assertNotEqual(pushed.returncode, 0, pushed.stdout)
            self.assertIn("Fetching submodule outer", pushed.stdout)
            self.assertIn(".gitmodules does not name it", pushed.stdout)
        self.assertEqual(list(self.davit.data.rglob("escaped")), [])
        self.davit.git(folder, "rm", "-q", "-f", "--cached", "outer")
        shutil.rmtree(folder / "vendor", ignore_errors=True)

    def check_the_pack_of_the_document(self):
        text = (SOURCE / "docs/buildpacks.md").read_text()
        scripts = dict(re.findall(r"^`(bin/\w+)`:.*?```bash\n(.*?)```", text, re.DOTALL | re.MULTILINE))
        self.assertEqual(sorted(scripts), ["bin/compile", "bin/detect", "bin/release"])
        self.server.repository("pages", **{name.replace("/", "__"): script for name, script in scripts.items()})
        folder = self.app("pages", hello__txt="1 < 2")
        self.davit.api("PATCH", "/apps/pages/config-vars", {"TITLE": "A title"})
        self.cli("buildpacks:set", f"{self.server.url}/pages.git", "-a", "pages")
        self.pushed(folder, "Pages app detected", '-----> Building "A title" (build 1)', "       hello")
        self.davit.up("pages", 1)
        page = self.davit.get("pages", "/hello.html").text
        self.assertIn("<title>A title</title>", page)
        self.assertIn("1 &lt; 2", page)


class AppJson(SourcesTest):
    def test_app_json_makes_the_app_what_it_is(self):
        davit = self.davit
        described = {
            "name": "ignored", "addons": ["heroku-postgresql"],
            "env": {"PLAIN": "one", "TOKEN": {"description": "of the bot", "required": True},
                    "SECRET": {"generator": "secret"}, "MAYBE": {"required": False, "value": "default"},
                    "NOT": {"required": False}},
            "formation": {"web": {"quantity": 2, "size": "standard-1x"}, "worker": {"quantity": 1}},
            "buildpacks": [{"url": "corp/second"}],
            "scripts": {"postdeploy": "echo postdeploy says $PLAIN"},
            "cron": [{"command": "echo x", "schedule": "*/5 1-3 * jan mon,fri"}]}
        self.server.repository("second", **SECOND)
        folder = self.app("described", trace="", Procfile="worker: sleep 1000\n", app__json=json.dumps(described))
        self.refused(folder, "TOKEN: of the bot", "davit config:set TOKEN=... -a described")
        self.assertEqual(davit.api("GET", "/apps/described/config-vars"), {})
        davit.api("PATCH", "/apps/described/config-vars", {"TOKEN": "t"})
        self.pushed(folder, "Using buildpacks set by app.json", "app.json sets the config vars MAYBE, PLAIN, SECRET",
                    "1 cron job; `davit cron`", "postdeploy says one", "The postdeploy script succeeded")
        davit.up("described", 3)
        config = davit.api("GET", "/apps/described/config-vars")
        self.assertRegex(config["SECRET"], "^[0-9a-f]{64}$")
        self.assertEqual({**config, "SECRET": ""}, {"MAYBE": "default", "PLAIN": "one", "TOKEN": "t", "SECRET": ""})
        # Later deploys: no postdeploy, nothing that was taken away comes back, a new demand is heard.
        davit.api("PATCH", "/apps/described/config-vars", {"MAYBE": None})
        described["env"]["NEW"] = "filled in"
        davit.commit(folder, "more", app__json=json.dumps(described))
        out = self.pushed(folder, "app.json sets the config vars NEW")
        self.assertNotIn("postdeploy", out)
        after = davit.api("GET", "/apps/described/config-vars")
        self.assertEqual(after, {"PLAIN": "one", "TOKEN": "t", "SECRET": config["SECRET"], "NEW": "filled in"})
        for wrong, word in (({"env": {"SECRET": {"generator": "uuid"}}}, 'env.SECRET.generator must be "secret"'),
                            ({"formation": {"web": {"quantity": -1}}}, "formation.web.quantity must be a whole number"),
                            ({"formation": {"web": {"size": "huge"}}}, "formation.web.size"),
                            ({"buildpacks": [{"name": "x"}]}, "buildpacks[0].url is missing"),
                            ({"cron": [{"command": "x", "schedule": "daily"}]}, "cron[0].schedule must be")):
            davit.commit(folder, "wrong", app__json=json.dumps({"buildpacks": [{"url": "corp/second"}], **wrong}))
            self.refused(folder, f"app.json: {word}")


class WithoutGit(SourcesTest):
    settings = "[build]\nat_once = 1\n"

    def curl(self, *args):
        done = subprocess.run(["curl", "-sS", "--fail-with-body", *map(str, args)], text=True, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def ended(self, app, build):
        return wait_until("the build ends", lambda: next(
            (one for one in [self.davit.api("GET", f"/apps/{app}/builds/{build}")] if one["status"] != "pending"), None))

    def test_the_vendors_flow_by_curl(self):
        davit, server = self.davit, self.server
        server.repository("second", **SECOND)
        davit.create("tarball")
        api = ("-H", "Accept: application/vnd.heroku+json; version=3", "-H", f"Authorization: Bearer {davit.key}",
               "-H", "Content-Type: application/json")
        base = f"http://localhost:{davit.port}"
        tarball = davit.folder / "app.tgz"
        tarball.write_bytes(tar_of(top__trace="", top__left__out="x", **{"top__.slugignore": "left\n"}))
        _, text = self.curl(*api, "-X", "POST", f"{base}/sources")
        blob = json.loads(text)["source_blob"]
        code, text = self.curl(blob["get_url"])
        self.assertIn("Nothing was uploaded yet", text)
        self.assertEqual(self.curl("-X", "PUT", "-H", "Content-Type:", "--upload-file", tarball, blob["put_url"]), (0, ""))
        code, text = self.curl("-X", "PUT", "--upload-file", tarball, blob["put_url"])
        self.assertNotEqual(code, 0)  # once
        self.assertIn("There is no such source", text)
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        request = {"source_blob": {"url": blob["get_url"], "version": "v42", "checksum": f"SHA256:{digest}"},
                   "buildpacks": [{"url": "corp/second"}]}
        code, text = self.curl(*api, "-X", "POST", f"{base}/apps/tarball/builds", "-d", json.dumps(request))
        build = json.loads(text)
        self.assertEqual((build["status"], build["source_blob"]["version"]), ("pending", "v42"))
        self.assertEqual(build["buildpacks"], [{"url": "corp/second", "name": "corp/second"}])
        code, output = self.curl(build["output_stream_url"])
        self.assertIn("Using buildpacks set by this build's request", output)
        self.assertIn("Deleting 1 files matching .slugignore", output)
        self.assertIn("second compiles", output)
        self.assertEqual(self.ended("tarball", build["id"])["status"], "succeeded", output)
        davit.up("tarball", 1)
        self.assertEqual(davit.get("tarball", "/trace").text, "two \n")
        self.assertEqual(davit.get("tarball", "/left/out").status, 404)
        self.assertEqual(davit.api("GET", "/apps/tarball/releases")[-1]["description"], "Deploy v42")
        # Taken by its build; and what is not what it says.
        code, text = self.curl(*api, "-X", "POST", f"{base}/apps/tarball/builds", "-d", json.dumps(request))
        self.assertIn("There is no such source", text)
        server.files["/app.tgz"] = tar_of(trace="from the web")
        server.files["/evil.tgz"] = tar_of(l=odd("bin", tarfile.SYMTYPE, "/etc"))
        for blob, packs, status, word in (
                ({"url": f"{server.url}/app.tgz"}, ["corp/second"], "succeeded", "second compiles"),
                ({"url": f"{server.url}/app.tgz", "checksum": "SHA256:" + "0" * 64}, [], "failed", "checksum says"),
                ({"url": f"{server.url}/evil.tgz"}, [], "failed", "a link that leads out of it"),
                ({"url": "https://169.254.169.254/app.tgz"}, [], "failed", "its private network"),
                ({"url": f"{server.url}/nothing.tgz"}, [], "failed", "answers 404")):
            build = davit.api("POST", "/apps/tarball/builds",
                              {"source_blob": blob, "buildpacks": [{"url": pack} for pack in packs]})
            self.assertEqual(self.ended("tarball", build["id"])["status"], status)
            output = davit.request("GET", "/" + build["output_stream_url"].split("/", 3)[3]).text
            self.assertIn(word, output)
        for wrong in ({}, {"source_blob": {}}, {"source_blob": {"url": "file:///etc/passwd"}},
                      {"source_blob": {"url": "https://x/y.tgz", "checksum": "x"}}):
            davit.api("POST", "/apps/tarball/builds", wrong, expect=422)
        wait_until("no tarball is left", lambda: not list((davit.data / "uploads").iterdir()))
        self.check_that_builds_end_wherever_they_are()

    def start_build(self, app, path, pack="corp/second"):
        return self.davit.api("POST", f"/apps/{app}/builds", {
            "source_blob": {"url": self.server.url + path}, "buildpacks": [{"url": pack}]})

    def output_of(self, build):
        return self.davit.request("GET", "/" + build["output_stream_url"].split("/", 3)[3] + "?follow=no").text

    def at_stage(self, app, build, stage, word):
        def there():
            now = self.davit.api("GET", f"/apps/{app}/builds/{build['id']}")
            return now["stage"] == stage and word in self.output_of(build)
        wait_until(lambda: f"{stage}: {word}\n{self.output_of(build)}", there)

    def cancelled(self, app, build):
        self.davit.api("DELETE", f"/apps/{app}/builds/{build['id']}")
        self.assertEqual(self.ended(app, build["id"])["status"], "failed")
        output = self.output_of(build)
        self.assertIn(f"Build cancelled by {self.davit.email}", output)
        self.assertNotIn("Push", output)
        self.assertNotIn("pusher", output)

    def check_that_builds_end_wherever_they_are(self):
        davit, server = self.davit, self.server
        davit.create("quick")
        server.repository("sleeps", **{**SECOND, "bin__compile": "#!/bin/sh\necho it sleeps; sleep 1000\n"})
        server.repository("fails", **{**SECOND, "bin__compile": "#!/bin/sh\nexit 3\n"})
        stuck = server.files["/stuck.tgz"] = threading.Event()
        self.addCleanup(stuck.set)
        # One downloads, one waits for its app's turn; neither holds a place that a build of another app wants.
        loading = self.start_build("tarball", "/stuck.tgz")
        self.at_stage("tarball", loading, "preparing", "Fetching")
        waiting = self.start_build("tarball", "/app.tgz")
        self.at_stage("tarball", waiting, "preparing", "Another deploy of this app is running")
        self.assertEqual(self.ended("quick", self.start_build("quick", "/app.tgz")["id"])["status"], "succeeded")
        wait_until("the download is asked for", lambda: "/stuck.tgz" in server.asked)
        self.cancelled("tarball", waiting)
        self.cancelled("tarball", loading)
        # One builds, one is in the queue.
        building = self.start_build("tarball", "/app.tgz", f"{server.url}/sleeps.git")
        self.at_stage("tarball", building, "building", "it sleeps")
        queued = self.start_build("quick", "/app.tgz")
        self.at_stage("quick", queued, "queued", "Waiting: 1 build before this one")
        self.cancelled("quick", queued)
        self.cancelled("tarball", building)
        failing = self.start_build("quick", "/app.tgz", f"{server.url}/fails.git")
        self.ended("quick", failing["id"])
        self.assertIn("Failed to compile Second app.", self.output_of(failing))
        self.assertNotIn("Push", self.output_of(failing))
        # davitd waits neither for a script of a release that stands, nor for a download.
        davit.create("late")
        server.files["/late.tgz"] = tar_of(**{
            "trace": "", "app.json": json.dumps({"scripts": {"postdeploy": "sleep 1000"}})})
        late = self.start_build("late", "/late.tgz")
        wait_until("the script runs", lambda: "Running the postdeploy script" in self.output_of(late))
        loading = self.start_build("tarball", "/stuck.tgz")
        self.at_stage("tarball", loading, "preparing", "Fetching")
        davit.stop()
        davit.start()
        self.assertEqual(self.ended("late", late["id"])["status"], "succeeded")
        ended = self.ended("tarball", loading["id"])
        self.assertIn("davitd was stopped", ended["source_blob"]["version_description"])
        wait_until("no tarball is left", lambda: not list((davit.data / "uploads").iterdir()))

    def test_davit_deploy_sends_a_folder(self):
        davit = self.davit
        davit.create("folder")
        folder = davit.folder / "site"
        (folder / "public").mkdir(parents=True)
        (folder / "public/index.html").write_text("sent as it is")
        (folder / ".gitignore").write_text("*.secret\n")
        (folder / "key.secret").write_text("stays here")
        out = self.cli("deploy", "-a", "folder", folder).stdout
        self.assertIn("2 files", out)
        self.assertIn("Static app detected", out)
        self.assertIn("deployed", out)
        davit.up("folder", 1)
        self.assertEqual(davit.get("folder").text, "sent as it is")
        # In a repository: what is committed, changed and new, and its commit for a name.
        davit.git(folder, "init", "-q", "-b", "main")
        davit.commit(folder, "first")
        (folder / "public/index.html").write_text("changed")
        self.cli("deploy", "-a", "folder", cwd=folder)
        wait_until("the change is served", lambda: davit.get("folder").text == "changed")
        self.assertRegex(davit.api("GET", "/apps/folder/builds")[-1]["source_blob"]["version"], "-dirty$")
        # A build that fails is a failure of the command.
        (folder / "public/index.html").unlink()
        (folder / "public").rmdir()
        failed = self.cli("deploy", "-a", "folder", folder, check=False)
        self.assertEqual(failed.returncode, 1, failed.stdout)
        self.assertIn("No default language could be detected", failed.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
