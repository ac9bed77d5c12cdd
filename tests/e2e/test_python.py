"""Python apps of every package manager and framework, cold and warm, and a bot without a web process."""
import unittest

from davit_e2e import wait_until
from language import OFFLINE, LanguageTest

# The smallest app that has a program in its environment.
SMALL = {"requirements__txt": "gunicorn==23.0.0\n", "Procfile": "web: gunicorn app:app\n", "app__py": (
    "def app(environment, start):\n    start('200 OK', [])\n    return [b'a small Python 3']\n")}


class PythonTest(LanguageTest):
    def check(self, sample, said, page, **files):
        davit = self.davit
        folder = self.create(sample, sample)
        if files:
            davit.commit(folder, "files", **files)
        self.deploy(folder, said, "Making an environment for Python")
        self.assertIn(page, davit.get(sample).text)
        # No way to any registry: what is needed is here.
        self.set_config(sample, **OFFLINE)
        pushed = self.deploy_again(folder, "Restoring the environment of the last build")
        self.assertNotIn("Making an environment", pushed)
        self.assertIn(page, davit.get(sample).text)
        return folder, pushed


class Python(PythonTest):
    def test_flask_with_pip(self):
        folder, pushed = self.check("python-flask", "Installing dependencies with pip", "flask on Python 3")
        self.assertIn("already satisfied", pushed)
        # An environment that did not change is on the disk once, its cache's included.
        files = [*self.davit.data.glob("slugs/*/.davit/python/lib/python3*/site-packages/flask/app.py"),
                 *self.davit.data.glob("cache/*/python/venv/lib/python3*/site-packages/flask/app.py")]
        self.assertEqual((len(files), len({file.stat().st_ino for file in files})), (3, 1), files)
        # Other requirements, another environment; what fails leaves the old release alone.
        self.davit.api("PATCH", "/apps/python-flask/config-vars", {name: None for name in OFFLINE})
        self.davit.commit(folder, "typo", requirements__txt="flask==3.1.0\nflask-that-nobody-wrote==1.0\n")
        failed = self.davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("`pip install --no-input` failed; its output is above.", failed.stdout)
        self.assertIn("flask-that-nobody-wrote", failed.stdout)
        self.assertIn("flask on Python 3", self.davit.get("python-flask").text)
        self.davit.commit(folder, "two", poetry__lock="")
        failed = self.davit.push(folder, check=False)
        self.assertIn("Files of several package managers found: poetry.lock requirements.txt.", failed.stdout)

    def test_fastapi_with_uv(self):
        self.check("python-fastapi", "Installing dependencies with uv", '"dev":false')

    def test_flask_with_poetry(self):
        self.check("python-poetry", "Installing dependencies with poetry", "flask on Python 3")

    def test_flask_with_pipenv(self):
        self.check("python-pipenv", "Installing dependencies with pipenv", "flask on Python 3")

    def test_a_small_app_with_pdm(self):
        self.check("python-pdm", "Installing dependencies with pdm", "pdm brought gunicorn 23.0.0")

    def test_django_collects_its_static_files(self):
        folder, pushed = self.check("python-django", "Collecting static files", "django here")
        self.assertIn("color: green", self.davit.get("python-django", "/static/style.css").text)
        self.assertIn("1 static file copied", pushed)
        settings = (folder / "site_of_tests/settings.py").read_text()
        (folder / "site_of_tests/settings.py").write_text(settings.replace("STATIC_ROOT", "NO_ROOT"))
        self.davit.commit(folder, "no root")
        failed = self.davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("Django could not collect the static files", failed.stdout)

    def test_a_bot_is_a_worker_with_config_vars(self):
        davit = self.davit
        davit.create("bot")
        davit.api("PATCH", "/apps/bot/config-vars", {"TOKEN": "123:abc", "MODE": "polling"})
        pushed = davit.push(davit.checkout("bot", "python-bot")).stdout
        self.assertIn("Procfile declares types     -> worker", pushed)
        davit.scale("bot", worker=1)
        davit.up("bot", 1)
        wait_until("the bot is up", lambda: "bot is up: mode polling, token of 7 characters" in davit.logs("bot"))
        davit.scale("bot", worker=0)
        wait_until("the bot said goodbye", lambda: "bot says goodbye" in davit.logs("bot"))

    def test_a_python_that_nobody_has_is_told(self):
        davit = self.davit
        davit.create("old")
        folder = davit.checkout("old", "python-bot")
        davit.commit(folder, "version", **{"__python-version": "3.4"})
        failed = davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn('there is no Python for "3.4" of .python-version', failed.stdout)
        self.assertIn("(the distribution's)", failed.stdout)


class WithoutNamespaces(PythonTest):
    level = "C"

    def test_the_environment_is_found_where_the_dyno_has_it(self):
        self.check("python-flask", "Installing dependencies with pip", "a small Python 3", **SMALL)


if __name__ == "__main__":
    unittest.main(verbosity=2)
