"""What the tests of the bundled packs share: one Davit for all cases of a class, and the pushes that each language
makes: the first, one more that finds a warm cache, one that is refused."""
import os
import time

from davit_e2e import Davit, DavitTest

# No way to any registry, for a push that must do with what the cache has.
OFFLINE = {name: "http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")}
RUNTIMES = "\n".join(f'{source} = "off"' for source in ("node", "npm", "python", "go", "java"))
# Virtual machines that live for seconds: half of what they compute is compiling themselves.
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


class LanguageTest(DavitTest):
    shared = True
    level = None
    user = None
    config = f"[runtimes]\n{RUNTIMES}\n"

    def make_davit(self):
        davit = Davit(level=self.level, user=self.user)
        davit.data.mkdir()
        (davit.data / "davit.toml").write_text(self.config)
        if self.user is not None:
            os.chown(davit.data, self.user, self.user)
        return davit

    def create(self, app, sample):
        """An app, and a git repository with the sample: its folder."""
        self.davit.create(app)
        return self.davit.checkout(app, sample)

    def deploy(self, folder, *said):
        """A push that succeeds and says all of this. Returns its output; prints its seconds."""
        started = time.monotonic()
        pushed = self.davit.push(folder).stdout
        print(f"\n  {folder.name}: pushed in {time.monotonic() - started:.1f} s ", end="", flush=True)
        for text in said:
            self.assertIn(text, pushed)
        return pushed

    def deploy_again(self, folder, *said, **files):
        """The same with another commit."""
        self.davit.commit(folder, "change", **(files or {"notes__txt": "a change"}))
        return self.deploy(folder, *said)

    def refused(self, folder, *said):
        """A push that is refused and says all of this."""
        failed = self.davit.push(folder, check=False)
        self.assertNotEqual(failed.returncode, 0, failed.stdout)
        for text in said:
            self.assertIn(text, failed.stdout)
        return failed.stdout

    def change(self, folder, name, old, new, message="change"):
        """Replaces a text in a file of the repository and commits."""
        text = (folder / name).read_text()
        self.assertIn(old, text)
        (folder / name).write_text(text.replace(old, new))
        self.davit.commit(folder, message)

    def set_config(self, app, **variables):
        self.davit.api("PATCH", f"/apps/{app}/config-vars", variables)

    def types(self, app):
        return {one["type"]: one["command"] for one in self.davit.api("GET", f"/apps/{app}/formation")}
