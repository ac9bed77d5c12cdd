"""davit-router as a real process, its control connection, raw clients and small real upstream servers."""
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

TIMEOUT = 90  # seconds; sanitizer builds beside other tests


class Control:
    """davitd's side of the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.buffer = b""
        self.events = []
        self.hello = self.wait("hello")

    def send(self, message):
        body = b"\x01" + json.dumps(message).encode()
        self.socket.sendall(struct.pack("<I", len(body)) + body)

    def read(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack("<I", self.buffer[:4])[0]:
            part = self.socket.recv(65536)
            if not part:
                raise EOFError("the router closed the control connection")
            self.buffer += part
        size = struct.unpack("<I", self.buffer[:4])[0]
        body, self.buffer = self.buffer[5:4 + size], self.buffer[4 + size:]
        return json.loads(body)

    def wait(self, kind, accept=lambda event: True):
        for i, event in enumerate(self.events):
            if event["type"] == kind and accept(event):
                return self.events.pop(i)
        while True:
            event = self.read()
            if event["type"] == kind and accept(event):
                return event
            self.events.append(event)

    def wait_line(self, text):
        """The next access log line that holds `text`."""
        event = self.wait("log", lambda e: any(text in line["text"] for line in e["lines"]))
        self.send({"type": "ack_log", "sequence": event["lines"][-1]["sequence"]})
        return next(line for line in event["lines"] if text in line["text"])

    def set_table(self, version, apps, control="unix:/nonexistent/api.sock", speaks=0):
        """speaks: the protocol; what came with a later one is not told."""
        self.send({"type": "set_table", "speaks": speaks, "table": {
            "version": version, "control_hosts": ["localhost"], "control": control, "apps": apps}})
        self.wait("applied", lambda e: e["table_version"] == version)

    def close(self):
        self.socket.close()


def app(name, dynos=(), state="serving", maintenance=False):
    return {"app": name, "hosts": [name + ".localhost"], "state": state, "maintenance": maintenance,
            "dynos": [{"id": d, "name": "web.%d" % (i + 1), "endpoint": e} for i, (d, e) in enumerate(dynos)]}


class Router:
    """flags: davit-router's, such as "--head-timeout", "200ms"."""

    def __init__(self, *flags):
        self.flags = flags
        self.dir = tempfile.mkdtemp(prefix="davit-test-")
        self.control_path = os.path.join(self.dir, "router.sock")
        self.table_path = os.path.join(self.dir, "routes.json")
        self.control = None
        self.start()

    def arguments(self, *listen):
        program = os.path.join(os.environ["DAVIT_BIN"], "davit-router")
        listens = [word for address in listen for word in ("--listen", address)]
        return [program, *listens, "--control", self.control_path, "--table", self.table_path, *self.flags]

    def start(self):
        self.process = subprocess.Popen(self.arguments("127.0.0.1:0"), stderr=subprocess.PIPE)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                self.connect()
                return
            except (FileNotFoundError, ConnectionRefusedError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("davit-router did not start: %r" % self.log)
                select_briefly()

    def connect(self):
        self.control = Control(self.control_path)
        self.port = int(self.control.hello["listening"][0].rsplit(":", 1)[1])

    def stop(self, signal=15):
        self.control.close()  # or its end waits for our acknowledgement of the last lines
        self.process.send_signal(signal)  # nothing happens to one that has ended
        code = self.process.wait(TIMEOUT)
        self.reader.join()
        self.process.stderr.close()
        return code

    def close(self):
        code = self.stop()
        shutil.rmtree(self.dir)
        assert code == 0, "davit-router ended with %s: %s" % (code, b"".join(self.log).decode())


def select_briefly():
    threading.Event().wait(0.02)  # between two looks at a condition that has a deadline


class Client:
    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.buffer = b""
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        part = self.socket.recv(262144)
        self.buffer += part
        return bool(part)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise EOFError("closed after %r" % self.buffer)
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def exactly(self, size):
        parts, have = [self.buffer[:size]], min(size, len(self.buffer))
        self.buffer = self.buffer[size:]
        while have < size:
            part = self.socket.recv(min(size - have, 262144))
            if not part:
                raise EOFError("closed after %d of %d bytes" % (have, size))
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def head(self):
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        return int(lines[0].split()[1]), headers

    def response(self, to_head=False):
        status, headers = self.head()
        if to_head or status in (204, 304):
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                size = int(self.until(b"\r\n").split(b";")[0], 16)
                if size == 0:
                    while self.until(b"\r\n"):
                        pass
                    return status, headers, body
                body += self.exactly(size)
                self.exactly(2)
        if "content-length" in headers:
            return status, headers, self.exactly(int(headers["content-length"]))
        return status, headers, self.rest()

    def rest(self):
        while self.fill():
            pass
        body, self.buffer = self.buffer, b""
        return body

    def get(self, host, path="/", extra=""):
        self.send(("GET %s HTTP/1.1\r\nHost: %s.localhost\r\n%s\r\n" % (path, host, extra)).encode())
        return self.response()

    def close(self):
        self.socket.close()


class Upstream:
    """A server whose connections are each handled by `serve(upstream, connection)` in a thread of its own."""

    def __init__(self, serve, path=None):
        self.serve = serve
        self.accepted = 0
        self.socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.socket.bind(path or ("127.0.0.1", 0))
        self.socket.listen(128)
        self.endpoint = "unix:" + path if path else "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.release = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self.run, args=(connection,), daemon=True).start()

    def run(self, connection):
        wrapped = Client.__new__(Client)
        wrapped.socket, wrapped.buffer = connection, b""
        connection.settimeout(TIMEOUT)
        try:
            self.serve(self, wrapped)
        except (EOFError, OSError):
            pass
        connection.close()

    def close(self):
        self.release.set()
        self.stop_listening()
        self.socket.close()

    def stop_listening(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass  # stopped before


def read_request(connection):
    lines = connection.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    return lines[0], {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}


def respond(connection, body, status="200 OK", extra=""):
    connection.send(("HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), extra)).encode() + body)


class RouterCase(unittest.TestCase):
    """Tests against one router; whatever they start ends with them."""

    def start_router(self, *flags):
        self.router = Router(*flags)
        self.addCleanup(self.router.close)
        self.version = 0

    def upstream(self, serve, path=None):
        server = Upstream(serve, path)
        self.addCleanup(server.close)
        return server

    def client(self):
        client = Client(self.router.port)
        self.addCleanup(client.close)
        return client

    def table(self, *apps, **kwargs):
        self.version += 1
        self.router.control.set_table(self.version, list(apps), **kwargs)

    def serve(self, serve, name="blog"):
        server = self.upstream(serve)
        self.table(app(name, [("dyno-1", server.endpoint)]))
        return server


def echo_server(name):
    """Answers every request with its own head as JSON; keep-alive."""
    def serve(upstream, connection):
        while True:
            line, headers = read_request(connection)
            body = connection.exactly(int(headers.get("content-length", "0")))
            answer = {"name": name, "line": line, "headers": headers, "body": body.decode("latin-1")}
            respond(connection, b"" if line.startswith("HEAD") else json.dumps(answer).encode())
    return serve
