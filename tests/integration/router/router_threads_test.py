"""davit-router on several threads: switches, drains and hand-overs lose nothing, whatever thread has a request."""
import os
import subprocess
import threading
import unittest

from harness import TIMEOUT, Client, Control, RouterCase, app, echo_server, read_request, respond, select_briefly
import time


class Load:
    """Clients that keep asking, half of them on a new connection each time. `failures` stays empty."""

    def __init__(self, port, clients=8, host="blog"):
        self.port, self.host = port, host
        self.stop_asked = threading.Event()
        self.failures, self.count = [], 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i % 2 == 0,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, fresh):
        count, client = 0, None
        try:
            client = Client(self.port)
            while not self.stop_asked.is_set():
                status, headers, _ = client.get(self.host)
                count += 1
                if status != 200:
                    self.failures.append(status)
                if fresh or headers.get("connection") == "close":
                    client.close()
                    client = Client(self.port)
        except Exception as error:  # a failed request of any kind
            self.failures.append(repr(error))
        if client:
            client.close()
        with self.lock:
            self.count += count

    def stop(self):
        self.stop_asked.set()
        for thread in self.threads:
            thread.join()


def threads_named_worker(pid):
    names = []
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/comm" % (pid, task)) as comm:
            names.append(comm.read().strip())
    return names.count("worker")


class ThreadsTest(RouterCase):
    def test_as_many_threads_as_asked_for_share_one_port(self):
        self.start_router("--threads", "3")
        self.assertEqual(threads_named_worker(self.router.process.pid), 3)
        self.assertEqual(len(self.router.control.hello["listening"]), 1)
        self.serve(echo_server("a"))
        for _ in range(30):
            client = Client(self.router.port)
            self.assertEqual(client.get("blog")[0], 200)
            client.close()
        lines = 0
        while lines < 30:
            event = self.router.control.wait("log")
            lines += len(event["lines"])
            self.assertEqual(event["dropped"], 0)
            self.router.control.send({"type": "ack_log", "sequence": event["lines"][-1]["sequence"]})
        self.assertEqual(lines, 30)

    def test_thousands_of_switches_under_load_lose_nothing(self):
        self.start_router("--threads", "4")
        servers = [self.upstream(echo_server(str(i))) for i in range(3)]
        self.table(app("blog", [("dyno-0", servers[0].endpoint)]))
        load = Load(self.router.port)
        # Each table replaces the app's dyno by a new one, so each drains the one before.
        for i in range(1, 2001):
            self.table(app("blog", [("dyno-%d" % i, servers[i % 3].endpoint)]))
            self.router.control.wait("drained", lambda e: e["dyno"] == "dyno-%d" % (i - 1))
            if load.failures:
                break
        load.stop()
        self.assertEqual(load.failures, [])
        self.assertGreater(load.count, 500)

    def test_a_dyno_is_drained_when_its_last_request_on_any_thread_ends(self):
        self.start_router("--threads", "4")

        def slow(upstream, connection):
            read_request(connection)
            upstream.release.wait(TIMEOUT)
            respond(connection, b"done")
        old = self.upstream(slow)
        self.table(app("blog", [("old", old.endpoint)]))
        clients = [self.client() for _ in range(12)]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        deadline = time.monotonic() + TIMEOUT
        while old.accepted < len(clients) and time.monotonic() < deadline:
            select_briefly()
        new = self.upstream(echo_server("new"))
        self.table(app("blog", [("new", new.endpoint)]))
        again = Control(self.router.control_path)
        self.router.control.close()
        self.router.control = again
        self.assertEqual(again.hello["draining"], ["old"])
        self.assertEqual(self.client().get("blog")[0], 200)
        old.release.set()
        for client in clients:
            self.assertEqual(client.response()[2], b"done")
        again.wait("drained", lambda e: e["dyno"] == "old")

    def test_an_heir_with_more_or_fewer_threads_loses_no_connection(self):
        self.start_router("--threads", "2")
        self.serve(echo_server("a"))
        self.wait_for_table_file()
        load = Load(self.router.port, clients=6)
        for threads in ("4", "1", "3"):
            self.replace_router(threads)
            self.assertEqual(threads_named_worker(self.router.process.pid), int(threads))
            self.assertEqual(self.client().get("blog")[0], 200)
        load.stop()
        self.assertEqual(load.failures, [])

    def test_what_the_old_router_finishes_is_logged_and_counted_by_its_heir(self):
        self.start_router("--threads", "2")

        def slow(upstream, connection):
            read_request(connection)
            upstream.release.wait(TIMEOUT)
            respond(connection, b"done")
        server = self.upstream(slow)
        route = app("blog", [("d", server.endpoint)])
        route["id"] = "a"

        def send_table(version):
            self.router.control.send({"type": "set_table", "speaks": 4, "table": {
                "version": version, "control_hosts": [], "control": "unix:/nonexistent", "apps": [route]}})
            self.router.control.wait("applied", lambda e: e["table_version"] == version)
        send_table(1)
        self.wait_for_table_file()
        client = self.client()
        client.send(b"GET /slow HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        deadline = time.monotonic() + TIMEOUT
        while server.accepted == 0 and time.monotonic() < deadline:
            select_briefly()
        old = self.start_heir("3")
        send_table(2)
        server.release.set()
        self.assertEqual(client.response()[2], b"done")
        line = self.router.control.wait_line('path="/slow"')
        self.assertTrue(line["origin"].startswith("router-%d-" % old.pid))
        self.assertEqual(line["status"], 0, "counted by the router that had it")
        self.router.control.wait("metrics", lambda e: any(
            t["statuses"] == [0, 0, 1, 0, 0, 0] for a in e["apps"] for t in a["traffic"]))
        self.end_of(old)

    def wait_for_table_file(self):
        deadline = time.monotonic() + TIMEOUT
        while not os.path.exists(self.router.table_path) and time.monotonic() < deadline:
            select_briefly()

    def start_heir(self, threads):
        """Another router takes the place of the one that runs, whose process is returned."""
        router = self.router
        old, self.old_reader = router.process, router.reader
        router.flags = ("--threads", threads)
        heir = subprocess.Popen(router.arguments("127.0.0.1:%d" % router.port) + ["--replace"],
                                stderr=subprocess.PIPE)
        router.control.close()
        router.process = heir
        router.reader = threading.Thread(target=lambda: router.log.extend(heir.stderr), daemon=True)
        router.reader.start()
        # Who connected before it has taken over would push it off the old one's control socket.
        deadline = time.monotonic() + TIMEOUT
        while not any(b"took over" in line for line in router.log):
            self.assertLess(time.monotonic(), deadline, b"".join(router.log).decode())
            select_briefly()
        router.connect()
        self.assertEqual(router.control.hello["pid"], heir.pid)
        return old

    def end_of(self, old):
        self.assertEqual(old.wait(TIMEOUT), 0, b"".join(self.router.log).decode())
        self.old_reader.join()
        old.stderr.close()

    def replace_router(self, threads):
        """Starts an heir, and waits until the router before it has ended."""
        self.end_of(self.start_heir(threads))


if __name__ == "__main__":
    unittest.main()
