"""One-off dynos: `davit run`, `run:detached` and `ps:exec` with the real programs, at the levels that the host allows."""
import contextlib
import errno
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
import unittest

from davit_e2e import BIN, Davit, DavitTest, process_runs, wait_until

ORDINARY_USER = 65534
MEGABYTE = 1 << 20


class Tool:
    """The davit tool in a terminal of its own, as a user sits at it."""

    def __init__(self, env, args, columns=100, rows=30):
        self.master, slave = pty.openpty()
        self.slave = slave
        self.resize(columns, rows)
        self.before = termios.tcgetattr(slave)
        self.output = b""
        self.process = subprocess.Popen([BIN / "davit", *args], env={**env, "TERM": "xterm"}, stdin=slave,
                                        stdout=slave, stderr=slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, columns, rows):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def read_some(self):
        ready, _, _ = select.select([self.master], [], [], 0.05)
        if not ready:
            return
        with contextlib.suppress(OSError):
            self.output += os.read(self.master, 65536)

    def expect(self, pattern):
        """Waits until the output since the last expect matches."""
        def found():
            self.read_some()
            return re.search(pattern, self.output.decode("utf8", "replace"))
        match = wait_until(lambda: f"{pattern!r} in {self.output!r}", found)
        self.output = self.output[len(self.output.decode("utf8", "replace")[:match.end()].encode()):]
        return match

    def wait(self):
        def ended():
            self.read_some()
            return self.process.poll() is not None
        wait_until(lambda: f"the tool ends: {self.output!r}", ended)
        return self.process.returncode

    def mode(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.mode()[3] & termios.ICANON

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class RunTest(DavitTest):
    level = None
    user = None

    def make_davit(self):
        if os.geteuid() != 0 and (self.user is not None or self.level == "A"):
            self.skipTest("only root can be another user, or isolate at level A")
        return Davit(level=self.level, user=self.user)

    def prepare(self):
        self.davit.create("shop")
        folder = self.davit.checkout("shop", "hello-node")
        self.davit.push(folder)
        self.davit.up("shop", 1)

    def setUp(self):
        super().setUp()
        self.env = {**self.davit.git_env, "DAVIT_URL": f"http://localhost:{self.davit.port}",
                    "DAVIT_API_KEY": self.davit.key, "NO_COLOR": "1"}

    def tool(self, *args, input=b"", timeout=120):
        return subprocess.run([BIN / "davit", *self.on_shop(args)], env=self.env, timeout=timeout, input=input,
                              capture_output=True)

    @staticmethod
    def on_shop(args):
        return [args[0], "-a", "shop", *args[1:]]

    def start_tool(self, *args, **kwargs):
        return subprocess.Popen([BIN / "davit", *self.on_shop(args)], env=self.env, **kwargs)

    def terminal(self, *args, **kwargs):
        tool = Tool(self.env, self.on_shop(args), **kwargs)
        self.addCleanup(tool.close)
        return tool

    def one_offs(self):
        return [d for d in self.davit.dynos("shop") if d["type"] != "web"]

    def gone(self):
        wait_until(lambda: f"one-offs are gone: {self.davit.processes()}",
                   lambda: not self.one_offs() and len(self.davit.launcher_pids()) == 1)
        wait_until("scratch is removed", lambda: len(list((self.davit.data / "scratch").iterdir())) == 1)


class Attached(RunTest):
    shared = True

    def test_exit_codes_and_streams(self):
        done = self.tool("run", "echo out; echo err >&2; exit 7")
        self.assertEqual((done.returncode, done.stdout), (7, b"out\n"), done.stderr)
        self.assertTrue(done.stderr.endswith(b"err\n"), done.stderr)
        self.assertRegex(done.stderr, rb"Running echo out; echo err >&2; exit 7 on .*shop\.\.\. run\.\d{4} \(Standard\)")
        self.assertEqual(self.tool("run", "kill -9 $$").returncode, 137)
        self.assertEqual(self.tool("run", "no-such-program").returncode, 127)
        # Words are a program's own; --help is not for us.
        done = self.tool("run", "printf", "%s|", "a b", "$HOME", "--help", "it's")
        self.assertEqual(done.stdout, b"a b|$HOME|--help|it's|", done.stderr)
        self.assertEqual(self.tool("run", "--", "echo", "-n", "x").stdout, b"x")
        self.gone()
        logs = self.davit.logs("shop")
        for line in (r"app\[api\]: Starting process with command `echo out; echo err >&2; exit 7` by user ",
                     r"heroku\[run\.\d{4}\]: Awaiting client",
                     r"heroku\[run\.\d{4}\]: Starting process with command `echo out",
                     r"heroku\[run\.\d{4}\]: State changed from starting to up",
                     r"heroku\[run\.\d{4}\]: Process exited with status 7",
                     r"heroku\[run\.\d{4}\]: State changed from up to complete"):
            self.assertRegex(logs, line)
        self.assertNotRegex(logs, r"app\[run\.\d{4}\]: out", "what a client reads is not logged")

    def test_the_environment_sizes_and_process_types(self):
        self.davit.api("PATCH", "/apps/shop/config-vars", {"COLOUR": "blue"})
        self.davit.up("shop", 1, 3)
        done = self.tool("run", "-e", "EXTRA=1;PORT=99;COLOUR=red", "--size", "large", "--type", "console",
                         "echo $DYNO $COLOUR $EXTRA ${PORT-none} $HOME $MEMORY_AVAILABLE; ls server.js")
        self.assertRegex(done.stdout.decode(), r"^console\.\d{4} red 1 99 \S+ \d+\nserver\.js\n$")
        self.assertIn(b"(Large)", done.stderr)
        self.assertEqual(self.tool("run", "--size", "galactic", "true").returncode, 2)
        # A process type runs what the Procfile says; here the server, until its time is over.
        done = self.tool("run", "--ttl", "2", "web")
        self.assertIn(b"its time limit has passed", done.stderr)
        self.gone()

    def test_standard_input_goes_through_to_its_last_byte(self):
        bytes_in = os.urandom(3 * MEGABYTE)
        self.assertEqual(self.tool("run", "cat", input=bytes_in).stdout, bytes_in)
        self.assertEqual(self.tool("run", "wc -c", input=b"x" * 100000).stdout.strip(), b"100000")
        # Who does not read its input is not in the way of anything.
        self.assertEqual(self.tool("run", "sleep 0.1; exit 4", input=b"x" * (2 * MEGABYTE)).returncode, 4)
        # A closed reader ends the command.
        reader = self.start_tool("run", "yes", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL)
        reader.stdout.read(100000)
        reader.stdout.close()
        self.assertNotEqual(reader.wait(60), 0)
        self.gone()

    def test_a_slow_reader_costs_no_memory(self):
        """The app waits, and nothing between it and the reader grows."""
        reader = self.start_tool("run", "head -c 300000000 /dev/zero", stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        got = len(reader.stdout.read(MEGABYTE))

        def resident(pid):
            with open(f"/proc/{pid}/status", encoding="utf8") as status:
                return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) * 1024
        pids = [self.davit.process.pid, self.davit.router_pid, reader.pid, *self.davit.launcher_pids()]
        before = {pid: resident(pid) for pid in pids}
        while got < 80 * MEGABYTE:
            got += len(reader.stdout.read(MEGABYTE))
        self.assertEqual(self.davit.get("shop").status, 200)
        # The sanitizer keeps freed memory for a while, up to 256 MB a process in a dev build.
        for pid in pids:
            self.assertLess(resident(pid) - before[pid], 400 * MEGABYTE, pid)
        while chunk := reader.stdout.read(MEGABYTE):
            got += len(chunk)
        self.assertEqual(got, 300000000)
        self.assertEqual(reader.wait(60), 0)
        reader.stdout.close()

    def test_signals_go_to_the_command_without_a_terminal(self):
        script = "trap 'echo got INT; exit 5' INT; trap 'echo got TERM; exit 6' TERM; echo ready; " \
                 "while :; do sleep 0.05; done"
        for number, code in ((signal.SIGINT, 5), (signal.SIGTERM, 6)):
            tool = self.start_tool("run", script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
            self.assertEqual(tool.stdout.readline(), b"ready\n")
            tool.send_signal(number)
            self.assertIn(b"got", tool.stdout.readline())
            self.assertEqual(tool.wait(60), code)
            tool.stdout.close()
        # What ignores them can be left.
        tool = self.start_tool("run", "trap '' INT; echo ready; exec sleep 1000", stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True)
        self.assertEqual(tool.stdout.readline(), b"ready\n")

        def interrupted():
            tool.send_signal(signal.SIGINT)
            return tool.poll() is not None
        wait_until("the third one ends the tool", interrupted)
        # One more may come when the tool is on its way out already.
        self.assertIn(tool.returncode, (130, -signal.SIGINT))
        tool.stdout.close()
        self.gone()

    def test_a_shell_in_a_terminal(self):
        tool = self.terminal("run", "bash", columns=97, rows=31)
        tool.expect(r"run\.\d{4} \(Standard\)")
        tool.expect(r"[$#] ")
        wait_until("the terminal is raw", tool.is_raw)
        tool.type("tty; stty size; echo $TERM\r")
        tool.expect(r"/dev/pts/\d+\s+31 97\s+xterm")
        tool.resize(120, 40)
        wait_until("the new size is there", lambda: self.sizes(tool) == "40 120")
        # Ctrl-C is the command's, and so is Ctrl-Z.
        tool.type("echo begin; sleep 1000\r")
        tool.expect(r"\rbegin")
        tool.type("\x03")
        tool.expect(r"\^C[^$#]*[$#] ")
        tool.type("echo still $((40+2))\r")
        tool.expect(r"still 42")
        tool.type("exit 3\r")
        self.assertEqual(tool.wait(), 3)
        self.assertEqual(tool.mode(), tool.before, "the terminal is as it was")
        self.gone()

    @staticmethod
    def sizes(tool):
        tool.type("echo size=$(stty size).\r")
        return tool.expect(r"size=(\d+ \d+)\.").group(1)

    def test_the_terminal_is_put_back_however_it_ends(self):
        for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV):
            tool = self.terminal("run", "echo re''ady; exec sleep 1000")
            tool.expect("ready")
            wait_until("the terminal is raw", tool.is_raw)
            os.kill(tool.process.pid, how)
            self.assertNotEqual(tool.wait(), 0)
            self.assertEqual(tool.mode(), tool.before, how)
        # A lost connection.
        tool = self.terminal("run", "echo re''ady; exec sleep 1000")
        tool.expect("ready")
        self.davit.kill()
        self.assertEqual(tool.wait(), 255)
        self.assertIn(b"is lost", tool.output)
        self.assertEqual(tool.mode(), tool.before)
        self.davit.start()
        self.davit.up("shop", 1)
        self.gone()

    def test_a_client_that_is_killed_hangs_up(self):
        tool = self.start_tool("run", "trap 'sleep 0.2; exit 0' HUP; echo ready; while :; do sleep 0.05; done",
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)
        self.assertEqual(tool.stdout.readline(), b"ready\n")
        tool.kill()
        tool.wait()
        tool.stdout.close()
        tool.stdin.close()
        self.gone()
        self.assertRegex(self.davit.logs("shop"), r"Client connection closed\. Sending SIGHUP to all processes")

    def test_it_can_be_seen_and_stopped(self):
        tool = self.start_tool("run", "echo ready; exec sleep 1000", stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.assertEqual(tool.stdout.readline(), b"ready\n")
        dyno, = self.one_offs()
        self.assertEqual((dyno["state"], dyno["command"]), ("up", "echo ready; exec sleep 1000"))
        self.assertEqual(self.davit.api("GET", "/davit/why/shop")["problems"], [])
        self.assertEqual(self.tool("ps:exec", "--dyno", dyno["name"], "echo $DYNO").stdout.decode(), dyno["name"] + "\n")
        self.davit.api("DELETE", f"/apps/shop/dynos/{dyno['name']}")
        _, errors = tool.communicate(timeout=60)
        self.assertEqual(tool.returncode, 143)
        self.assertIn(b"it was stopped", errors)
        self.gone()

    def test_an_app_without_code(self):
        self.davit.create("empty")
        done = subprocess.run([BIN / "davit", "run", "-a", "empty", "true"], env=self.env, capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"has no code yet", done.stderr)


class Tickets(RunTest):
    shared = True

    def prepare(self):
        super().prepare()
        self.davit.create("late")
        self.davit.push(self.davit.checkout("late", "hello-node"))
        self.davit.scale("late", web=0)
        wait_until("only its one-off is left", lambda: not self.davit.dynos("late"))
        dyno, type(self).late_path = self.begin("late")
        self.assertEqual(dyno["state"], "starting")

    def attach(self, path, protocol="davit-run"):
        """The raw upgrade; what the server answers, and the socket."""
        link = socket.create_connection(("127.0.0.1", self.davit.port), timeout=60)
        self.addCleanup(link.close)
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{self.davit.port}\r\nConnection: Upgrade\r\n"
                     f"Upgrade: {protocol}\r\n\r\n".encode())
        return link.recv(65536).split(b"\r\n")[0].decode(), link

    def begin(self, app="shop", **body):
        dyno = self.davit.api("POST", f"/apps/{app}/dynos", {"command": "sleep 1000", "attach": True, **body})
        return dyno, "/" + dyno["attach_url"].split("/", 3)[3]

    def test_a_url_is_good_once(self):
        dyno, path = self.begin()
        self.assertEqual(self.davit.request("GET", path).status, 422, "no upgrade")
        answer, link = self.attach(path)
        self.assertIn("101", answer)
        self.assertIn("404", self.attach(path)[0])
        self.assertIn("404", self.attach(path[:-1] + ("a" if path[-1] != "a" else "b"))[0])
        wait_until("it is up", lambda: [d for d in self.one_offs() if d["state"] == "up"])
        # What breaks the format is hung up on.
        link.sendall(b"\xff" * 64)
        self.gone()

    def test_another_user_has_nothing_of_it(self):
        self.davit.api("POST", "/davit/users", {"email": "b@example.com", "password": "correct horse battery"})
        granted = self.davit.request(
            "POST", "/oauth/authorizations", "{}",
            headers={"Accept": "application/vnd.heroku+json; version=3", "Content-Type": "application/json",
                     "Authorization": "Basic " + __import__("base64").b64encode(
                         b"b@example.com:correct horse battery").decode()})
        key = granted.json["access_token"]["token"]
        for method, path in (("POST", "/apps/shop/dynos"), ("POST", "/apps/shop/dynos/web.1"),
                             ("DELETE", "/apps/shop/dynos/web.1"), ("POST", "/apps/shop/dynos/web.1/actions/stop")):
            self.davit.api(method, path, {"command": "id"}, expect=404, key=key)
        self.assertEqual(self.one_offs(), [])

    def test_bad_requests_are_named(self):
        for body in ({}, {"command": ""}, {"command": 1}, {"command": "x" * 20000}, {"command": "a\0b"},
                     {"command": "x", "env": {"A B": "1"}}, {"command": "x", "env": {"A": []}},
                     {"command": "x", "time_to_live": 0}, {"command": "x", "time_to_live": 86401},
                     {"command": "x", "size": "galactic"}, {"command": "x", "type": "../x"}):
            self.davit.api("POST", "/apps/shop/dynos", body, expect=422)
        self.davit.api("POST", "/apps/shop/dynos/web.7", {"command": "id"}, expect=404)

    def test_there_are_only_so_many(self):
        for _ in range(20):
            self.begin()
        refused = self.davit.request(
            "POST", "/apps/shop/dynos", '{"command": "true", "attach": true}',
            headers={"Accept": "application/vnd.heroku+json; version=3", "Content-Type": "application/json",
                     "Authorization": f"Bearer {self.davit.key}"})
        self.assertEqual(refused.status, 429)
        self.assertIn("20 one-off dynos", refused.text)
        self.davit.api("POST", "/apps/shop/dynos/run/actions/stop")
        self.gone()

    def test_nobody_comes(self):
        """R13; the others run while the minute passes."""
        wait_until("R13", lambda: "Error R13 (Attach error) -> Failed to attach to process" in
                   self.davit.logs("late"), 90)
        self.assertIn("404", self.attach(self.late_path)[0])
        wait_until("it is gone", lambda: not self.davit.dynos("late"))


class Detached(RunTest):
    shared = True

    def test_its_output_is_in_the_log(self):
        done = self.tool("run:detached", "echo hello from $DYNO; exit 4")
        self.assertEqual(done.returncode, 0, done.stderr)
        name = done.stdout.decode().strip()
        self.assertRegex(name, r"^run\.\d{4}$")
        self.assertIn(f"davit logs --app shop --dyno {name}", done.stderr.decode())
        wait_until("its end is in the log", lambda: re.search(
            rf"heroku\[{name}\]: State changed from up to complete", self.davit.logs("shop")))
        shown = self.tool("logs", "--dyno", name).stdout.decode()
        for line in ("Starting process with command", f"hello from {name}", "Process exited with status 4"):
            self.assertIn(line, shown)
        self.gone()

    def test_it_outlives_davitd(self):
        script = "echo begun; while [ ! -e /tmp/stop ] && [ ! -e stop ]; do sleep 0.05; done; echo ended well"
        name = self.tool("run:detached", script).stdout.decode().strip()
        wait_until("it runs", lambda: [d for d in self.one_offs() if d["state"] == "up"])
        pids = self.davit.launcher_pids()
        self.davit.kill()
        self.davit.start()
        self.assertEqual(sorted(self.davit.launcher_pids()), sorted(pids))
        dyno, = self.one_offs()
        self.assertEqual((dyno["name"], dyno["state"]), (name, "up"))
        # An orderly end leaves it alone as well.
        self.davit.stop()
        self.davit.start()
        self.assertEqual(self.one_offs()[0]["name"], name)
        self.assertEqual(self.tool("ps:exec", "--dyno", name, "touch stop").returncode, 0)
        self.gone()
        logs = self.davit.logs("shop")
        self.assertIn("ended well", logs)
        self.assertRegex(logs, rf"heroku\[{name}\]: Process exited with status 0")
        # The rows are gone: nothing is looked for at the next start.
        self.davit.kill()
        self.davit.start()
        self.assertNotIn("dyno lost", self.davit.log_text())

    def test_it_ends_while_davitd_is_away(self):
        unique = f"sleep 1000.{os.getpid()}"
        name = self.tool("run:detached", f"{unique}; echo last words").stdout.decode().strip()
        wait_until("it runs", lambda: [d for d in self.one_offs() if d["state"] == "up"])
        sleeping = wait_until("it sleeps", lambda: self.pids(unique))
        self.davit.kill()
        for pid in sleeping:
            os.kill(pid, signal.SIGTERM)
        wait_until("it has ended", lambda: not any(map(process_runs, sleeping)))
        self.davit.start()
        wait_until("its end is told", lambda: f"heroku[{name}]: State changed from up to complete" in
                   self.davit.logs("shop"))
        self.assertIn("last words", self.davit.logs("shop"))
        self.gone()

    @staticmethod
    def pids(command):
        found = subprocess.run(["pgrep", "-f", f"^{re.escape(command)}$"], stdout=subprocess.PIPE, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def test_its_time_is_limited(self):
        name = self.tool("run:detached", "--ttl", "1", "trap 'echo saved; exit 3' TERM; sleep 1000 & wait"
                         ).stdout.decode().strip()
        wait_until("its time is over", lambda: re.search(
            rf"app\[{name}\]: saved[^!]*heroku\[{name}\]: Time limit of 1s reached. Stopping all processes with SIGTERM"
            rf"[^!]*heroku\[{name}\]: Process exited with status 3", self.davit.logs("shop")))
        self.gone()


class DetachedGoesWithItsApp(RunTest):
    def test_it_goes_with_its_app(self):
        self.tool("run:detached", "exec sleep 1000")
        wait_until("it runs", lambda: [d for d in self.one_offs() if d["state"] == "up"])
        self.davit.api("DELETE", "/apps/shop")
        self.assertEqual(self.davit.launcher_pids(), [])
        self.assertEqual(list((self.davit.data / "scratch").iterdir()), [])


class Exec(RunTest):
    shared = True

    def test_a_command_inside_a_running_dyno(self):
        done = self.tool("ps:exec", "echo $DYNO; node -v; id -u; [ -t 0 ] || echo pipes; exit 9")
        self.assertEqual(done.returncode, 9, done.stderr)
        lines = done.stdout.decode().split()
        self.assertEqual((lines[0], lines[-1]), ("web.1", "pipes"))
        # The same files and user as the app's own process.
        self.assertEqual(self.tool("ps:exec", "--dyno", "web.1", "touch here; ls here").stdout, b"here\n")
        self.assertEqual(self.tool("ps:exec", "ls here").stdout, b"here\n")
        look = "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' < $p/cmdline 2>/dev/null) in *'node server.js'*) " \
               "[ ! -r $p/exe ] || grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' $p/status;; esac; done; " \
               "echo; grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status"
        theirs, ours = self.tool("ps:exec", look).stdout.decode().split("\n\n")[-2:]
        self.assertIn("NoNewPrivs:\t1", ours)
        self.assertEqual(set(ours.strip().split("\n")), set(theirs.strip().split("\n")))
        logs = self.davit.logs("shop")
        self.assertRegex(logs, r"app\[api\]: Running command `ls here` inside web\.1 by user ")
        self.assertEqual(self.davit.get("shop").status, 200)

    def test_a_shell_inside_a_running_dyno(self):
        tool = self.terminal("ps:exec", columns=88, rows=22)
        tool.expect(r"[$#] ")
        tool.type("stty size; echo in $DYNO\r")
        tool.expect(r"22 88\s+in web\.1")
        # A restart of the dyno ends it.
        self.davit.api("DELETE", "/apps/shop/dynos/web.1")
        self.assertEqual(tool.wait(), 137)
        self.assertEqual(tool.mode(), tool.before)

    def test_who_goes_leaves_nothing_running(self):
        tool = self.start_tool("ps:exec", "echo ready; exec sleep 4711", stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.assertEqual(tool.stdout.readline(), b"ready\n")
        tool.kill()
        tool.wait()
        tool.stdout.close()
        wait_until("its command is gone", lambda: subprocess.run(
            ["pgrep", "-f", "^sleep 4711$"], stdout=subprocess.DEVNULL).returncode != 0)
        self.davit.up("shop", 1)


class AtLevel:
    """A life in short at another level and as another user."""

    def test_run_and_exec(self):
        done = self.tool("run", "cat; exit 7", input=b"through")
        self.assertEqual((done.returncode, done.stdout), (7, b"through"), done.stderr)
        tool = self.terminal("run", "tty; stty size; echo ready; read x; exit 3", columns=91, rows=17)
        tool.expect(r"/dev/pts/\d+\s+17 91\s+ready")
        tool.type("\r")
        self.assertEqual(tool.wait(), 3)
        self.assertEqual(self.tool("ps:exec", "echo $DYNO").stdout, b"web.1\n")
        name = self.tool("run:detached", "echo logged").stdout.decode().strip()
        wait_until("it is logged", lambda: f"app[{name}]: logged" in self.davit.logs("shop"))
        self.gone()


class LevelA(AtLevel, RunTest):
    level = "A"


class LevelB(AtLevel, RunTest):
    level = "B"
    user = ORDINARY_USER


class LevelC(AtLevel, RunTest):
    level = "C"
    user = ORDINARY_USER


class LevelCAsRoot(AtLevel, RunTest):
    level = "C"


if __name__ == "__main__":
    unittest.main(verbosity=2)
