"""A whole Davit for one test: davitd, router and dynos in a temporary folder, on free ports, torn down by pid.

Programs come from DAVIT_BIN (ctest sets it); apps from tests/apps. Standard library only.
"""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("DAVIT_SOURCE", pathlib.Path(__file__).parents[2]))
BIN = pathlib.Path(os.environ.get("DAVIT_BIN", SOURCE / "build/dev/bin"))
APPS = SOURCE / "tests/apps"
DEADLINE = 60  # seconds; sanitizer builds on a busy machine


def wait_until(what, condition, deadline=DEADLINE):
    """Polls a condition; the only waiting in these tests. Returns its first true value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            what = what() if callable(what) else what
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.02)


def process_runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter: it ended between open and read
        return False


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf8", "replace")

    @property
    def json(self):
        return json.loads(self.body)


class Davit:
    """One data folder and what serves it."""

    def __init__(self, level=None, user=None):
        """level: "A", "B", "C" or what the host allows. user: a number to run as instead of one's own."""
        self.level, self.user = level, user
        # Short: Unix socket paths have 108 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dvt-", dir="/tmp"))
        self.folder.chmod(0o711)
        self.data = self.folder / "d"
        self.log_path = self.folder / "davitd.log"
        self.process = None
        self.port = 0
        self.git_env = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.com",
            "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.com",
        }

    # --- processes

    def start(self, *options):
        """options: more of davitd's, for this start only."""
        state_file = self.data / "run/davitd.json"
        with contextlib.suppress(FileNotFoundError):
            state_file.unlink()
        log = open(self.log_path, "ab")
        command = [self.programs() / "davitd", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        if self.level:
            command += ["--level", self.level]
        self.process = subprocess.Popen(
            self.as_user([*command, *options]),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()

        def ready():
            if self.process.poll() is not None:
                raise AssertionError("davitd ended:\n" + self.log_text()[-4000:])
            return state_file.exists()

        wait_until("davitd is ready", ready)
        self.state = json.loads(state_file.read_text())
        self.port = int(self.state["url"].rpartition(":")[2])
        self.router_pid = self.state["router_pid"]
        admin = json.loads((self.data / "secrets/admin.json").read_text())
        self.key, self.email, self.password = admin["api_key"], admin["email"], admin["password"]
        return self

    def as_user(self, command):
        if self.user is None:
            return command
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *command]

    def programs(self):
        """Where the server's programs are: copies, for a user who may not look into the build folder."""
        if self.user is None:
            return BIN
        copies = self.folder / "bin"
        if not copies.exists():
            os.chown(self.folder, self.user, self.user)
            copies.mkdir()
            for name in ("davitd", "davit-router", "davit-dyno", "davit-static"):
                shutil.copy(BIN / name, copies)
            shutil.copytree(BIN.parent / "buildpacks", self.folder / "buildpacks", symlinks=False)
        return copies

    def kill(self):
        """kill -9 of davitd alone."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("davitd did not end on SIGTERM:\n" + self.log_text()[-3000:])

    def close(self):
        try:
            self.stop()
        finally:
            if self.data.exists():
                with open(self.log_path, "ab") as log:
                    subprocess.run(self.as_user([self.programs() / "davitd", "--stop-all", "--data", self.data]),
                                   timeout=60, stdout=log, stderr=log)
            # Whatever a failed test left: also a router's heir, a hanging push, a dyno in the instant of its launch.
            def ended():
                left = self.pids()
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return not left
            wait_until(lambda: f"processes {self.pids()} of {self.folder} are gone", ended, 10)
            shutil.rmtree(self.folder, ignore_errors=True)

    def pids(self):
        """Every process that this folder started: its command line names it, or it works in it."""
        pids, needle = [], f"{self.folder}/"
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf8", "replace") + "/"
                folder = os.readlink(entry / "cwd") + "/"
                if (needle in command or folder.startswith(needle)) and process_runs(int(entry.name)):
                    pids.append(int(entry.name))
        return pids

    def launcher_pids(self):
        """Every davit-dyno of this data folder; not the inits inside, which share its command line."""
        pids = []
        needle = str(self.data / "run/dynos").encode()
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                pid = int(entry.name)
                if b"davit-dyno" in command and needle in command and os.getsid(pid) == pid:
                    pids.append(pid)
        return pids

    def processes(self):
        """What runs of this data folder, for a failure's message."""
        pids = [str(pid) for pid in self.launcher_pids()]
        listing = subprocess.run(["ps", "-o", "pid,ppid,stat,lstart,args", "--forest", "-p",
                                  ",".join(pids), "--ppid", ",".join(pids)],
                                 text=True, stdout=subprocess.PIPE).stdout
        sockets = [path.name for path in (self.data / "run/dynos").iterdir()]
        return f"{listing}\nsockets: {sockets}\n"

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # --- API

    def request(self, method, path, body=None, host=None, headers=None, timeout=90):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            all_headers = {"Host": host or f"localhost:{self.port}", **(headers or {})}
            connection.request(method, path, body=body, headers=all_headers)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def api(self, method, path, body=None, expect=None, key=None):
        headers = {"Accept": "application/vnd.heroku+json; version=3",
                   "Authorization": f"Bearer {key or self.key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        response = self.request(method, path, body, headers=headers)
        expected = expect or (200, 201, 202)
        if response.status not in (expected if isinstance(expected, tuple) else (expected,)):
            raise AssertionError(f"{method} {path}: {response.status} {response.text}")
        return response.json if response.body else None

    def create(self, name):
        return self.api("POST", "/apps", {"name": name})

    def dynos(self, app):
        return self.api("GET", f"/apps/{app}/dynos")

    def up(self, app, count, version=None):
        """Waits until exactly these dynos exist and are up."""
        def check():
            dynos = self.dynos(app)
            good = [d for d in dynos if d["state"] == "up" and
                    (version is None or d["release"]["version"] == version)]
            return dynos if len(good) == count == len(dynos) else None
        return wait_until(f"{app}: {count} dynos up", check)

    def scale(self, app, **types):
        self.api("PATCH", f"/apps/{app}/formation",
                 {"updates": [{"type": t, "quantity": n} for t, n in types.items()]})

    def logs(self, app, lines=1500):
        session = self.api("POST", f"/apps/{app}/log-sessions", {"lines": lines, "tail": False})
        path = "/" + session["logplex_url"].split("/", 3)[3]
        return self.request("GET", path).text

    # --- the app

    def get(self, app, path="/", **kwargs):
        return self.request("GET", path, host=f"{app}.localhost:{self.port}", **kwargs)

    # --- git

    def git_url(self, app):
        return f"http://localhost:{self.port}/{app}.git"

    def auth_env(self):
        """git's environment with the API key."""
        token = base64.b64encode(f"davit:{self.key}".encode()).decode()
        return {**self.git_env, "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.http://localhost:{self.port}/.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {token}"}

    def git(self, folder, *args, check=True):
        done = subprocess.run(["git", *map(str, args)], cwd=folder, env=self.auth_env(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
                              errors="replace", stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"git {args}: {done.returncode}\n{done.stdout}\n"
                                 + self.log_text()[-3000:])
        return done

    def checkout(self, app, sample):
        """A git repository with a sample app and the remote `davit`."""
        folder = self.folder / f"{app}-{sample}"
        shutil.copytree(APPS / sample, folder, ignore=shutil.ignore_patterns("node_modules"))
        self.git(folder, "init", "-q", "-b", "main")
        self.git(folder, "remote", "add", "davit", self.git_url(app))
        self.commit(folder, "first")
        return folder

    def commit(self, folder, message, **files):
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_text(content)
        self.git(folder, "add", "-A")
        self.git(folder, "commit", "-q", "--allow-empty", "-m", message)

    def push(self, folder, *args, check=True):
        return self.git(folder, "push", "davit", *(args or ("main",)), check=check)

    def start_push(self, folder):
        """A push that runs on its own, in a process group of its own."""
        return subprocess.Popen(["git", "push", "davit", "main"], cwd=folder, env=self.auth_env(),
                                text=True, errors="replace", stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True)


class Load:
    """Requests to one app over keep-alive connections, all the time, counting what was not a 200."""

    def __init__(self, davit, app, connections=4, path="/", pause=0.01):
        """pause: seconds between two requests: the app's log keeps 1,500 lines, and tests look for others in it."""
        self.pause = pause
        self.davit, self.app, self.path = davit, app, path
        self.stop_event = threading.Event()
        self.lock = threading.Lock()
        self.count, self.failures, self.bodies = 0, [], {}
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(connections)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.at_least(20)
        return self

    def __exit__(self, *exc):
        self.stop_event.set()
        for thread in self.threads:
            thread.join(120)

    def at_least(self, more):
        """Returns when that many more requests have ended."""
        goal = self.count + more
        wait_until(f"{more} more requests", lambda: self.count >= goal)

    def stands_still(self):
        before = self.count
        self.stop_event.wait(0.5)
        return self.count == before

    def run(self):
        host = f"{self.app}.localhost:{self.davit.port}"
        connection = None
        while not self.stop_event.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.davit.port, timeout=60)
                connection.request("GET", self.path, headers={"Host": host})
                response = connection.getresponse()
                body = response.read()
                failure = None if response.status == 200 else f"{response.status} {body[:300]}"
                if response.will_close:
                    connection.close()
                    connection = None
            except Exception as error:  # whatever a client can see is a failed request
                body, failure = b"", repr(error)
                connection = None
            self.stop_event.wait(self.pause)
            with self.lock:
                self.count += 1
                if failure:
                    self.failures.append(failure)
                else:
                    self.bodies[body] = self.bodies.get(body, 0) + 1
        if connection is not None:
            connection.close()


class DavitTest(unittest.TestCase):
    """Each test has a Davit of its own; the daemon's log is shown when a test fails.

    With `shared` a class has one Davit, prepared once: its tests leave it as they found it. One that fails takes it along.
    """

    options = ()  # davitd's
    shared = False
    kept = None  # of a class with `shared`

    def make_davit(self):
        return Davit()

    def prepare(self):
        """What a Davit gets before its (first) test."""

    def setUp(self):
        own = type(self)
        self.davit = own.__dict__.get("kept")
        fresh = self.davit is None
        if fresh:
            self.davit = self.make_davit()
            (own.addClassCleanup if self.shared else self.addCleanup)(self.davit.close)
        self.addCleanup(self.show_log)
        if fresh:
            self.davit.start(*self.options)
            self.prepare()
        own.kept = self.davit if self.shared else None

    def show_log(self):
        outcome = getattr(self, "_outcome", None)
        result = getattr(outcome, "result", None)
        bad = result and any(case is self for case, _ in result.errors + result.failures)
        if bad:
            print(f"--- davitd's log of {self.id()}\n{self.davit.log_text()[-6000:]}", flush=True)
            type(self).kept = None  # who knows what it left behind

    # --- one app, "shop", and its owner at the tool

    def deploy(self, sample="hello-node", **files):
        """Creates it from a sample, with some files of its own; returns the repository."""
        self.davit.create("shop")
        folder = self.davit.checkout("shop", sample)
        if files:
            self.davit.commit(folder, "files", **files)
        self.davit.push(folder)
        return folder

    def tool_env(self):
        return {**self.davit.git_env, "PATH": f"{BIN}:{self.davit.git_env['PATH']}",
                "DAVIT_URL": f"http://localhost:{self.davit.port}", "DAVIT_API_KEY": self.davit.key}

    def tool(self, *args, check=True):
        done = subprocess.run([BIN / "davit", *args, "-a", "shop"], env=self.tool_env(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if check:
            self.assertEqual(done.returncode, 0, f"{args}: {done.stdout}{done.stderr}")
        return done

    def assert_in_order(self, text, *parts):
        at = 0
        for part in parts:
            found = text.find(part, at)
            self.assertNotEqual(found, -1, f"{part!r} is not after position {at} of:\n{text}")
            at = found + len(part)

    def assert_clean(self, load):
        self.assertEqual(load.failures[:5], [], f"{len(load.failures)} of {load.count} failed")
