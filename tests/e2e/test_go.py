"""Go modules: the registry's, committed ones, several programs."""
import unittest

from language import LanguageTest

WORKER = 'package main\n\nimport "example.org/greeting"\n\nfunc main() { println(greeting.Text); select {} }\n'


class Go(LanguageTest):
    def test_a_module_its_cache_its_vendored_packages_and_what_fails(self):
        folder = self.create("golang", "go-web")
        self.set_config("golang", GO_LINKER_SYMBOL="main.built", GO_LINKER_VALUE="by-davit", CGO_ENABLED="0")
        self.deploy(folder, "Go app detected", '"^1.19" of go in go.mod', "Running: go install -v -tags heroku",
                    "go: downloading github.com/kballard/go-shellquote", "Programs: web")
        self.assertRegex(self.davit.get("golang").text, r"^go1\.\d+.* here, 3 words, built: by-davit$")
        self.assertEqual(self.types("golang"), {"web": "bin/web"})
        # Modules and what was compiled are here.
        self.set_config("golang", GOPROXY="off")
        self.change(folder, "main.go", "here,", "here, THREE")
        pushed = self.deploy(folder)
        self.assertNotIn("downloading", pushed)
        self.assertNotIn("go-shellquote", pushed)
        self.assertIn("THREE 3 words", self.davit.get("golang").text)
        self.several_programs_with_a_vendored_package(folder)
        self.change(folder, "cmd/worker/main.go", "greeting.Text", "greeting.Test")
        self.refused(folder, "undefined: greeting.Test", "go could not build the app", "failed to compile Go app")
        self.davit.commit(folder, "a Go of the future", go__mod="module example.org/web\n\ngo 1.99.1\n")
        self.refused(folder, 'there is no Go for "^1.99.1" of go in go.mod', "(the distribution's)")
        self.assertIn("THREE 3 words", self.davit.get("golang").text)

    def several_programs_with_a_vendored_package(self, folder):
        for name in ("cmd/web", "cmd/worker", "vendor/example.org/greeting"):
            (folder / name).mkdir(parents=True)
        (folder / "main.go").rename(folder / "cmd/web/main.go")
        self.change(folder, "cmd/web/main.go", '"github.com/kballard/go-shellquote"', '_ "example.org/greeting"')
        self.change(folder, "cmd/web/main.go", "shellquote.Split(`a 'b c' d`)", "make([]string, 3), error(nil)")
        (folder / "cmd/worker/main.go").write_text(WORKER)
        (folder / "vendor/example.org/greeting/greeting.go").write_text(
            'package greeting\n\nconst Text = "good morning"\n')
        (folder / "vendor/modules.txt").write_text(
            "# example.org/greeting v1.0.0\n## explicit\nexample.org/greeting\n")
        (folder / "go.sum").write_text("")
        self.davit.commit(folder, "commands", go__mod="// +heroku install ./cmd/...\nmodule example.org/web\n\n"
                          "go 1.19\n\nrequire example.org/greeting v1.0.0\n")
        self.deploy(folder, "-mod=vendor", "./cmd/...", "Programs: web worker")
        self.assertIn("THREE 3 words", self.davit.get("golang").text)
        self.assertEqual(self.types("golang"), {"web": "bin/web", "worker": "bin/worker"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
