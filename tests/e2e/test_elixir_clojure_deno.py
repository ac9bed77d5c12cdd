"""Elixir with dependencies in the repository, Clojure with Maven's registry alone, Deno with packages of npm."""
import shutil
import tempfile
import unittest

from language import OFFLINE, RUNTIMES, SHORT_LIVED, LanguageTest
from registry import Registry, fetch_packages


class Elixir(LanguageTest):
    def test_a_release_with_a_dependency_in_the_repository(self):
        folder = self.create("elixir", "elixir-mix")
        self.set_config("elixir", **OFFLINE)
        self.deploy(folder, "Elixir app detected", "Running: mix deps.get --only prod", "==> greeting",
                    "Running: mix release --overwrite")
        self.assertEqual(self.types("elixir"), {"web": "_build/prod/rel/web/bin/web start"})
        self.assertEqual(self.davit.get("elixir").text, "good morning from Elixir, prod")
        self.change(folder, "lib/web.ex", "from Elixir", "from the same Elixir")
        self.deploy(folder)
        self.assertEqual(self.davit.get("elixir").text, "good morning from the same Elixir, prod")
        self.change(folder, "lib/web.ex", "Greeting.text()", "greeting.text(")
        self.refused(folder, "`mix compile` failed", "failed to compile Elixir app")
        self.assertEqual(self.davit.get("elixir").text, "good morning from the same Elixir, prod")


class Clojure(LanguageTest):
    def test_an_uberjar_without_clojars(self):
        folder = self.create("clojure", "clojure-lein")
        self.set_config("clojure", JAVA_TOOL_OPTIONS=SHORT_LIVED)
        self.deploy(folder, "Clojure app detected", "Running: lein uberjar")
        self.assertEqual(self.types("clojure"), {"web": "java $JAVA_OPTS -jar target/web-standalone.jar"})
        self.assertEqual(self.davit.get("clojure").text, "clojure 1.11.1 here")
        self.set_config("clojure", **OFFLINE)
        self.change(folder, "src/web/core.clj", '" here"', '" again"')
        self.deploy(folder)
        self.assertEqual(self.davit.get("clojure").text, "clojure 1.11.1 again")
        self.change(folder, "src/web/core.clj", "(.start server)", "(.start serveur)")
        self.refused(folder, "serveur", "failed; its output is above", "failed to compile Clojure app")


class Deno(LanguageTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="dvt-npm-")
        cls.addClassCleanup(shutil.rmtree, folder)
        fetch_packages(folder, "@deno/linux-x64-glibc@2")
        registry = Registry(folder)
        cls.addClassCleanup(registry.close)
        cls.config = f"[runtimes]\n{RUNTIMES}\n".replace('npm = "off"', f'npm = "{registry.url}"')
        super().setUpClass()

    def test_packages_of_npm_their_cache_and_a_lock_file_out_of_date(self):
        folder = self.create("deno", "deno-npm")
        self.deploy(folder, "Downloading Deno 2.", "Deno app detected", "Running: deno install")
        self.assertEqual(self.types("deno"), {"web": "deno task start"})
        self.assertEqual(self.davit.get("deno").text, "deno 2 here, 1 minute")
        self.set_config("deno", **OFFLINE)
        self.change(folder, "main.ts", "here", "again")
        pushed = self.deploy(folder)
        self.assertNotIn("Download", pushed)
        self.assertEqual(self.davit.get("deno").text, "deno 2 again, 1 minute")
        self.change(folder, "deno.json", "ms@2.1.3", "ms@2.1.2")
        self.davit.commit(folder, "lock", deno__lock='{"version": "4"}\n')
        self.refused(folder, "failed; its output is above", "failed to compile Deno app")


if __name__ == "__main__":
    unittest.main(verbosity=2)
