"""A real davit-dyno with a small server in a network namespace of its own, as a router meets it."""
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

APP = r"""
import http.server, json, os, socket, sys, threading
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
    request_queue_size = 512
    connections = 0
    def process_request(self, request, address):
        Server.connections += 1
        super().process_request(request, address)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write: a kill comes before or after a response
    def do_GET(self):
        body = json.dumps({"name": os.environ["DYNO"], "connections": Server.connections,
                           "peer": self.client_address[0], "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
Server((sys.argv[1], int(os.environ["PORT"])), Handler).serve_forever()
"""
TIMEOUT = 90  # seconds; sanitizer builds beside other tests


class Dyno:
    """One app dyno on the port that all of them have; `address` is where it listens inside."""

    PORT = 5000

    def __init__(self, dyno_id, name, address="127.0.0.1"):
        self.dir = tempfile.mkdtemp(prefix="davit-test-")
        self.control_path = os.path.join(self.dir, dyno_id + ".sock")
        self.endpoint = "dyno:" + os.path.join(self.dir, dyno_id + ".net")
        spec = {"version": 1, "id": dyno_id, "name": name, "cwd": "/", "port": self.PORT,
                "argv": ["/usr/bin/python3", "-c", APP, address],
                "env": {"DYNO": name, "PORT": str(self.PORT), "PATH": "/usr/bin:/bin"},
                "scratch": os.path.join(self.dir, "scratch"), "network": {"mode": "isolated"}}
        if os.geteuid() == 0:
            spec["uid"] = 23456
        self.process = subprocess.Popen(
            [os.path.join(os.environ["DAVIT_BIN"], "davit-dyno"), "--socket", self.control_path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.process.stdin.write(json.dumps(spec).encode())
        self.process.stdin.close()
        assert self.process.stdout.readline() == b"ready\n"
        self.control = socket.socket(socket.AF_UNIX)
        self.control.settimeout(TIMEOUT)
        self.control.connect(self.control_path)
        self.send({"type": "subscribe", "from": 0})
        self.reader = self.control.makefile("rb")
        output = b""
        while True:
            kind, payload = self.frame()
            if kind == 2:
                output += payload[8:]
                continue
            event = json.loads(payload)
            if event["type"] == "listening":
                return
            assert event["type"] != "exited", (event, output)

    def frame(self):
        size, kind = struct.unpack("<IB", self.reader.read(5))
        return kind, self.reader.read(size - 1)

    def send(self, message):
        body = b"\x01" + json.dumps(message).encode()
        self.control.sendall(struct.pack("<I", len(body)) + body)

    def kill(self):
        self.process.kill()
        self.process.wait(TIMEOUT)

    def close(self):
        if self.process.poll() is None:
            self.send({"type": "release"})
            self.process.wait(TIMEOUT)
        self.reader.close()
        self.control.close()
        self.process.stdout.close()
        shutil.rmtree(self.dir)
