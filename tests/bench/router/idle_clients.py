"""For tests/bench/router/idle: a router, a small app, and so many connections that stay open."""
import http.client
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

PER_ADDRESS = 20_000  # of the ports that one source address has
IP_BIND_ADDRESS_NO_PORT = 24  # the port is chosen by connect(): bind() would look long for one
HOST, CLOSED = "bench.localhost", "closed.localhost"
LOG_LINES = 30_000  # fill what the router keeps for a davitd that is away: it is no connection's


class App(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


def private_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return int(re.search(r"Pss:\s+(\d+)", f.read()).group(1))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connect(port, number):
    client = socket.socket()
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
    client.connect(("127.0.0.1", port))
    return client


def latency(port, count=200):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for _ in range(count):
        begin = time.monotonic()
        connection.request("GET", "/", headers={"Host": HOST})
        assert connection.getresponse().read() == b"ok"
        taken.append(time.monotonic() - begin)
    connection.close()
    return sorted(taken)[count // 2] * 1000


def fill_log(port):
    """With requests that cost no app anything, so many in one piece."""
    piece = 100
    with socket.create_connection(("127.0.0.1", port)) as client:
        for _ in range(LOG_LINES // piece):
            client.sendall(f"HEAD / HTTP/1.1\r\nHost: {CLOSED}\r\n\r\n".encode() * piece)
            answers = b""
            while answers.count(b"\r\n\r\n") < piece:
                answers += client.recv(65536)


def ask(client):
    client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert b"200" in client.recv(4096)


def main():
    count = int(sys.argv[1])
    app = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=app.serve_forever, daemon=True).start()
    port = free_port()
    table = {"version": 1, "control_hosts": [], "control": "unix:/nonexistent", "apps": [
        {"app": "bench", "hosts": [HOST], "state": "serving", "maintenance": False,
         "dynos": [{"id": "d", "name": "web.1", "endpoint": "127.0.0.1:%d" % app.server_address[1]}]},
        {"app": "closed", "hosts": [CLOSED], "state": "serving", "maintenance": True, "dynos": []}]}
    with open("/tmp/table.json", "w") as out:
        json.dump(table, out)
    router = subprocess.Popen([os.environ["DAVIT_BIN"] + "/davit-router", "--listen", f"127.0.0.1:{port}", "--threads", "1",
                               "--connections", str(count + 1000), "--keep-alive-timeout", "3600s", "--control",
                               "/tmp/router.sock", "--table", "/tmp/table.json"])
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    print(f"a request with nobody else: {latency(port):.2f} ms (median)", flush=True)
    fill_log(port)
    before, clients = private_kb(router.pid), []
    print(f"{before} kB the router", flush=True)
    for what, use in (("connections that never asked", lambda client: None),
                      ("connections, each of which has had a request", ask)):
        begin = time.monotonic()
        for number in range(len(clients), count):
            clients.append(connect(port, number))
        for client in clients:
            use(client)
        made = time.monotonic() - begin
        time.sleep(5)  # buffers are given back two seconds after a request
        now = private_kb(router.pid)
        print(f"{len(clients)} {what} ({made:.0f} s): {(now - before) / count:.2f} kB each; "
              f"a request beside them: {latency(port):.2f} ms", flush=True)
    print("all open:", all(not readable(client) for client in clients[::97]), flush=True)
    router.terminate()
    router.wait()


def readable(client):
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


main()
