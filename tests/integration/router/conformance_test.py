"""The corpus, sent through davit-router, and through nginx and HAProxy beside it: every difference is explained."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from corpus import CASES, NAMES
from differences import DIFFERENCES
from harness import Client, RouterCase, TIMEOUT, select_briefly

# Only for those that take the next request for a part of this one.
PEERS_PATIENCE = 3
CANARY = b"GET /canary HTTP/1.1\r\nHost: blog.localhost\r\nConnection: close\r\n\r\n"


class Recorder:
    """A dyno that writes down what it gets, request by request, and answers each."""

    def __init__(self):
        self.complete, self.bytes = [], 0

    def reset(self):
        self.complete, self.bytes = [], 0

    def __call__(self, upstream, connection):
        while True:
            lines = connection.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
            self.bytes += 1
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
            if "transfer-encoding" in headers:
                body = self.chunks(connection)
            else:
                body = connection.exactly(int(headers.get("content-length", "0")))
            self.complete.append((lines[0], headers, body))
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    @staticmethod
    def chunks(connection):
        body = b""
        while True:
            size = int(connection.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                while connection.until(b"\r\n"):
                    pass
                return body
            body += connection.exactly(size)
            connection.exactly(2)

    def paths(self):
        return [line.split(" ")[1] for line, _, _ in self.complete]


def exchange(port, raw, patience=TIMEOUT):
    """Sends the case and another request after it, until the server closes. The final statuses."""
    client = Client(port)
    client.socket.settimeout(patience)
    try:
        try:
            client.send(raw + CANARY)
            text = client.rest()
        except (ConnectionResetError, BrokenPipeError):
            text = client.buffer
        except TimeoutError:
            return None  # it wants more
        statuses = []
        while text.startswith(b"HTTP/1."):
            head, _, text = text.partition(b"\r\n\r\n")
            status = int(head.split(b" ")[1])
            if status < 200:
                continue
            statuses.append(status)
            length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            text = text[int(length[0].split(b":")[1]):] if length else b""
        return statuses
    finally:
        client.close()


class Conformance(RouterCase):
    def setUp(self):
        self.start_router()
        self.dyno = Recorder()
        self.serve(self.dyno)

    def test_what_is_sound_reaches_the_dyno_once_and_as_it_was(self):
        for case in (c for c in CASES if c.passes):
            with self.subTest(case.name, rule=case.rule):
                self.dyno.reset()
                self.assertEqual(exchange(self.router.port, case.raw), [200, 200])
                self.assertEqual(len(self.dyno.complete), 2, self.dyno.complete)
                line, headers, body = self.dyno.complete[0]
                self.assertEqual(body, case.body)
                self.assertTrue(line.endswith(" HTTP/1.1"))
                for gone in ("connection", "keep-alive", "te", "upgrade", "http2-settings", "expect"):
                    self.assertNotIn(gone, headers)
                self.assertTrue(self.dyno.complete[1][0].startswith("GET /canary"))

    def test_what_is_not_ends_at_the_router(self):
        for case in (c for c in CASES if not c.passes):
            with self.subTest(case.name, rule=case.rule):
                self.dyno.reset()
                self.assertEqual(exchange(self.router.port, case.raw), [case.status])
                self.assertEqual(self.dyno.complete, [])
                if not case.broken:
                    self.assertEqual(self.dyno.bytes, 0, "not a byte of it")


def outcome(port, dyno, case):
    dyno.reset()
    statuses = exchange(port, case.raw, PEERS_PATIENCE)
    if statuses is None:
        return "waits"
    # What the dyno saw of a request that was refused half-way is a matter of luck.
    if statuses and statuses[-1] >= 400:
        return "refused"
    paths = dyno.paths()
    if "/smuggled" in paths:
        return "takes the rest"
    whole = len(paths) == len(statuses) or not statuses  # HTTP/0.9 has no statuses
    return "passes" if paths and whole else f"other: {statuses} {paths}"


class Peer:
    """Another proxy in front of the same dyno."""

    def __init__(self, test, command, config, upstream):
        self.dir = tempfile.mkdtemp(prefix="davit-test-")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        path = os.path.join(self.dir, "config")
        with open(path, "w", encoding="utf8") as out:
            out.write(config % {"dir": self.dir, "port": self.port, "upstream": upstream})
        self.process = subprocess.Popen([*command, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        test.addCleanup(self.close)
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                select_briefly()

    def close(self):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        shutil.rmtree(self.dir)


NGINX = """daemon off; master_process off; pid %(dir)s/pid; error_log stderr crit;
events { worker_connections 256; }
http { access_log off; client_body_temp_path %(dir)s/b; proxy_temp_path %(dir)s/p;
  fastcgi_temp_path %(dir)s/f; uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
  upstream app { server %(upstream)s; keepalive 4; }
  server { listen 127.0.0.1:%(port)d; server_name blog.localhost;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; } } }
"""
HAPROXY = """global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
frontend f
  bind 127.0.0.1:%(port)d
  default_backend b
backend b
  server s %(upstream)s
"""


class Differential(RouterCase):
    maxDiff = None

    """Where nginx and HAProxy, as Debian ships them, decide otherwise, we know why."""

    def against(self, name, command, config):
        if not shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin"):
            self.skipTest(f"{name} is not installed")
        dyno = Recorder()
        server = self.upstream(dyno)
        command[0] = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin")
        peer = Peer(self, command, config, server.endpoint)
        found = {}
        for case in CASES:
            ours = "passes" if case.passes else "refused"
            theirs = outcome(peer.port, dyno, case)
            if theirs != ours:
                found[case.name] = theirs
        explained = {case: entry[name][0] for case, entry in DIFFERENCES.items() if name in entry}
        for case in [case for case, what in explained.items() if what == "either"]:
            explained.pop(case)
            self.assertIn(found.pop(case, "refused"), ("passes", "refused"), case)
        self.assertEqual(found, explained)

    def test_nginx(self):
        self.against("nginx", ["nginx", "-e", "stderr", "-c"], NGINX)

    def test_haproxy(self):
        self.against("haproxy", ["haproxy", "-db", "-f"], HAPROXY)

    def test_every_explanation_is_about_a_case(self):
        self.assertEqual([case for case in DIFFERENCES if case not in NAMES], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
