"""davit-router's limits, queue, canary and affinity, over real sockets and several threads."""
import threading
import time
import unittest

from harness import TIMEOUT, Client, RouterCase, app, echo_server, read_request, respond, select_briefly


class Gated:
    """A dyno whose requests end when the test says so; counts those at work."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = self.most = self.served = 0
        self.permits = threading.Semaphore(0)

    def serve(self, upstream, connection):
        while True:
            line, _ = read_request(connection)
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            self.permits.acquire(timeout=TIMEOUT)
            with self.lock:
                self.running -= 1
                self.served += 1
            respond(connection, line.split()[1].encode())

    def wait_running(self, count):
        deadline = time.monotonic() + TIMEOUT
        while self.running < count:
            if time.monotonic() > deadline:
                raise AssertionError("%d requests instead of %d reached the dyno" % (self.running, count))
            select_briefly()


def with_rules(route, weights=None, **rules):
    route.update(rules)
    for dyno, weight in zip(route["dynos"], weights or []):
        dyno["weight"] = weight
    return route


class BalanceTest(RouterCase):
    def ask(self, path):
        client = self.client()
        client.send(b"GET %s HTTP/1.1\r\nHost: blog.localhost\r\n\r\n" % path.encode())
        return client

    def test_a_full_dyno_has_a_queue_that_all_threads_share(self):
        self.start_router("--threads", "3")
        dyno = Gated()
        server = self.upstream(dyno.serve)
        self.table(with_rules(app("blog", [("d", server.endpoint)]), concurrency=1))
        first = self.ask("/0")
        dyno.wait_running(1)
        waiting = [self.ask("/%d" % i) for i in range(1, 9)]
        for _ in range(9):
            dyno.permits.release()
        for i, client in enumerate([first] + waiting):
            self.assertEqual(client.response()[2], b"/%d" % i)
        self.assertEqual(dyno.most, 1)
        line = self.router.control.wait_line('path="/8"')["text"]
        self.assertRegex(line, r"dyno=web\.1 .*status=200 .*queue=\d+ms$")

    def test_a_full_queue_is_h11_and_a_long_wait_h12(self):
        self.start_router("--threads", "2", "--first-byte-timeout", "1s")
        dyno = Gated()
        server = self.upstream(dyno.serve)
        self.table(with_rules(app("blog", [("d", server.endpoint)]), concurrency=1))
        clients = [self.ask("/0")]
        dyno.wait_running(1)
        clients += [self.ask("/%d" % i) for i in range(1, 1041)]
        lines = []
        while len(lines) < 1041:
            event = self.router.control.wait("log")
            lines += [line["text"] for line in event["lines"]]
            self.router.control.send({"type": "ack_log", "sequence": event["lines"][-1]["sequence"]})
        full = [line for line in lines if "code=H11" in line]
        late = [line for line in lines if "code=H12" in line]
        self.assertEqual((len(full), len(late)), (40, 1001))
        # Of those, one was with the dyno; its place may have gone to another in time.
        self.assertGreaterEqual(sum("dyno=web.1 " in line for line in late), 1)
        dyno.permits.release()

    def test_a_client_that_has_left_holds_nobody_up(self):
        self.start_router("--threads", "2")
        dyno = Gated()
        server = self.upstream(dyno.serve)
        self.table(with_rules(app("blog", [("d", server.endpoint)]), concurrency=1))
        first = self.ask("/first")
        dyno.wait_running(1)
        self.ask("/gone").close()
        last = self.ask("/last")
        for _ in range(3):
            dyno.permits.release()
        self.assertEqual(first.response()[2], b"/first")
        self.assertEqual(last.response()[2], b"/last")

    def test_the_queue_survives_a_switch_and_goes_to_the_new_dyno(self):
        self.start_router("--threads", "2")
        old, new = Gated(), Gated()
        first = self.upstream(old.serve)
        second = self.upstream(new.serve)
        self.table(with_rules(app("blog", [("old", first.endpoint)]), concurrency=1))
        running = self.ask("/running")
        old.wait_running(1)
        waiting = [self.ask("/%d" % i) for i in range(4)]
        self.table(with_rules(app("blog", [("new", second.endpoint)]), concurrency=2))
        new.wait_running(2)
        for _ in range(4):
            new.permits.release()
        for i, client in enumerate(waiting):
            self.assertEqual(client.response()[2], b"/%d" % i)
        self.assertEqual((old.served, new.served, new.most), (0, 4, 2))
        old.permits.release()
        self.assertEqual(running.response()[2], b"/running")
        self.router.control.wait("drained", lambda e: e["dyno"] == "old")

    def test_a_websocket_is_in_nobodys_way(self):
        self.start_router("--threads", "2")

        def serve(upstream, connection):
            while True:
                line, headers = read_request(connection)
                if "upgrade" in headers:
                    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                    b"Upgrade: echo\r\n\r\n")
                    while True:
                        connection.send(connection.exactly(1))
                respond(connection, b"done")
        server = self.upstream(serve)
        self.table(with_rules(app("blog", [("d", server.endpoint)]), concurrency=1))
        sockets = []
        for _ in range(3):
            client = self.client()
            client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            self.assertEqual(client.head()[0], 101)
            sockets.append(client)
        self.assertEqual(self.client().get("blog")[2], b"done")
        for client in sockets:
            client.send(b"x")
            self.assertEqual(client.exactly(1), b"x")

    def test_a_canary_gets_its_share(self):
        self.start_router("--threads", "2")
        stable, canary = self.upstream(echo_server("stable")), self.upstream(echo_server("canary"))
        self.table(with_rules(app("blog", [("a", stable.endpoint), ("b", canary.endpoint)]), weights=[900, 100]))
        client, count = self.client(), 0
        for _ in range(1500):
            count += b'"canary"' in client.get("blog")[2]
        # 150 on average; five standard deviations (of 11.6) on either side.
        self.assertTrue(92 <= count <= 208, count)

    def test_a_browser_stays_with_its_dyno_as_long_as_that_serves(self):
        self.start_router("--threads", "2")
        servers = [self.upstream(echo_server(name)) for name in ("a", "b", "c")]
        dynos = [("id-%d" % i, server.endpoint) for i, server in enumerate(servers)]
        self.table(with_rules(app("blog", dynos), affinity_key="secret"), speaks=4)
        client = self.client()
        status, headers, body = client.get("blog")
        self.assertRegex(headers["set-cookie"], "^davit_dyno=[0-9a-f]{24}; Path=/; HttpOnly; SameSite=Lax$")
        cookie = headers["set-cookie"].split(";")[0]
        mine = body.split(b'"name": ')[1][:3]
        for _ in range(20):
            status, headers, body = client.get("blog", extra="Cookie: theme=dark; %s\r\n" % cookie)
            self.assertIn(b'"name": ' + mine, body)
            self.assertNotIn("set-cookie", headers)
        # Whoever chose his dyno is counted apart: such requests say nothing about a canary's share.
        counted = {"statuses": 0, "pinned": 0}

        def all_told(event):
            for told in (dyno for told in event["apps"] for dyno in told["traffic"]):
                counted["statuses"] += told["statuses"][2]
                counted["pinned"] += told.get("pinned", [0] * 6)[2]
            return counted["statuses"] == 21
        self.router.control.wait("metrics", all_told)
        self.assertEqual(counted["pinned"], 20)
        # Without it, and with one that names nobody, requests go to all.
        for extra in ("", "Cookie: davit_dyno=%s\r\n" % ("0" * 24)):
            names = {client.get("blog", extra=extra)[2].split(b'"name": ')[1][:3] for _ in range(60)}
            self.assertEqual(len(names), 3)
        # Its dyno leaves: another takes over, and says so.
        rest = [d for d, name in zip(dynos, (b'"a"', b'"b"', b'"c"')) if name != mine]
        self.table(with_rules(app("blog", rest), affinity_key="secret"))
        status, headers, body = client.get("blog", extra="Cookie: %s\r\n" % cookie)
        self.assertEqual(status, 200)
        self.assertIn("set-cookie", headers)

    def test_a_browser_whose_dyno_stays_full_is_served_by_another(self):
        self.start_router("--threads", "2")
        gates = [Gated(), Gated()]
        dynos = [("id-%d" % i, self.upstream(gate.serve).endpoint) for i, gate in enumerate(gates)]
        self.table(with_rules(app("blog", dynos), affinity_key="secret", concurrency=1))
        gates[0].permits.release()
        gates[1].permits.release()
        client = self.client()
        cookie = client.get("blog")[1]["set-cookie"].split(";")[0]
        mine = 0 if gates[0].served else 1
        gates[1 - mine].permits.acquire()
        holder = self.client()
        holder.send(b"GET /holds HTTP/1.1\r\nHost: blog.localhost\r\nCookie: %s\r\n\r\n" % cookie.encode())
        gates[mine].wait_running(1)
        began = time.monotonic()
        client.send(b"GET /moves HTTP/1.1\r\nHost: blog.localhost\r\nCookie: %s\r\n\r\n" % cookie.encode())
        gates[1 - mine].wait_running(1)
        self.assertGreater(time.monotonic() - began, 1.5)
        gates[1 - mine].permits.release()
        status, headers, body = client.response()
        self.assertEqual((status, body), (200, b"/moves"))
        self.assertIn("set-cookie", headers)
        gates[mine].permits.release()
        self.assertEqual(holder.response()[2], b"/holds")


if __name__ == "__main__":
    unittest.main()
