"""What davit-router lets one client do, and what all of them together cost it.

Other clients come from other addresses of the loopback network. Numbers are small, and so are the limits.
"""
import os
import re
import resource
import select
import socket
import struct
import threading
import time

from h2_client import ENHANCE_YOUR_CALM, HEADERS, INITIAL_WINDOW_SIZE, H2Client, request
from harness import Client, RouterCase, TIMEOUT, app, echo_server, read_request, respond, select_briefly
from tls_harness import TlsCase

REQUEST = b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n"
PART = b"GET / HTTP/1.1\r\nHost: blog.local"
OTHER = "127.0.0.2"


class From(Client):
    """A client of another address."""

    def __init__(self, port, address, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.buffer = b""
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", port))


def is_open(client):
    """Whether the router has not ended it yet."""
    readable, _, _ = select.select([client.socket], [], [], 0)
    if not readable:
        return True
    try:
        return client.socket.recv(1, socket.MSG_PEEK) != b""
    except ConnectionResetError:
        return False


class AbuseCase(RouterCase):
    def wait(self, condition, what):
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            select_briefly()

    def closed(self, *clients):
        self.wait(lambda: not any(is_open(client) for client in clients), "closed by the router")

    def refused(self):
        try:
            self.closed(self.client())
        except ConnectionResetError:
            pass  # it was ended before connect() had returned

    def client_from(self, address, **kwargs):
        client = From(self.router.port, address, **kwargs)
        self.addCleanup(client.close)
        return client

    def served(self, client):
        status, _, _ = client.get("blog")
        return status == 200

    def memory(self):
        """kB of the router: what is in memory and its own."""
        with open("/proc/%d/smaps_rollup" % self.router.process.pid) as f:
            return int(re.search(r"Private_Dirty:\s+(\d+)", f.read()).group(1))


class OneClient(AbuseCase):
    def test_has_so_many_connections_and_then_is_refused_while_others_come(self):
        self.start_router("--connections-per-client", "3", "--threads", "2", "--trust", "127.0.0.3")
        self.serve(echo_server("a"))
        mine = [self.client() for _ in range(3)]
        self.assertTrue(all(self.served(client) for client in mine))
        self.refused()
        self.assertTrue(self.served(self.client_from(OTHER)))
        self.assertTrue(self.served(mine[0]))
        for _ in range(5):  # a trusted one has as many as it likes
            self.assertTrue(self.served(self.client_from("127.0.0.3")))
        mine.pop().close()

        def comes_again():
            try:
                return self.served(self.client())
            except (EOFError, OSError):
                return False
        self.wait(comes_again, "a place that was left is free again")

    def test_that_asks_too_often_gets_429_and_the_log_says_so(self):
        # One token a second, so that none comes back within the test's first three.
        self.start_router("--requests-per-client", "1", "--request-burst", "5", "--threads", "2")
        self.serve(echo_server("a"))
        answers = []
        for _ in range(3):  # over connections, which come to different threads
            client = self.client()
            answers += [client.get("blog") for _ in range(4)]
        refused = [answer for answer in answers if answer[0] == 429]
        self.assertEqual([answer[0] for answer in answers[:5]], [200] * 5)
        self.assertGreaterEqual(len(refused), 5)
        status, headers, body = refused[0]
        self.assertIn(int(headers["retry-after"]), (1, 2))
        self.assertIn("connection", headers)
        self.assertIn(b"H29", body)
        line = self.router.control.wait_line("code=H29")["text"]
        self.assertRegex(line, r'^at=error code=H29 desc="Too many requests" method=GET path="/" host=blog.localhost .*'
                               r'dyno= .*status=429 ')
        self.assertEqual(self.client_from(OTHER).get("blog")[0], 200)

    def test_that_leaves_its_heads_in_the_middle_loses_the_oldest(self):
        self.start_router("--slow-heads-per-client", "3", "--threads", "2")
        self.serve(echo_server("a"))
        slow = []
        for i in range(8):
            slow.append(self.client())
            slow[-1].send(PART)
            # Only so is it known that the router has it, and who is the oldest.
            self.wait(lambda: sum(not is_open(client) for client in slow) >= i - 2, "one is closed")
        self.assertEqual([is_open(client) for client in slow], [False] * 5 + [True] * 3)
        other = self.client_from(OTHER)
        other.send(PART)
        self.assertTrue(self.served(self.client()))  # its whole heads are no matter
        for client in slow[5:] + [other]:
            client.send(b"host\r\n\r\n")
            self.assertEqual(client.response()[0], 200)

    def test_that_goes_away_while_it_waits_makes_place(self):
        # It was noticed only when its turn came: until then it took one of the places in the queue.
        self.start_router("--parking-timeout", "600s")
        self.table(app("blog", state="starting"))
        left, stays, half = self.client(), self.client(), self.client()
        for client in (left, stays, half):
            client.send(REQUEST)
        half.socket.shutdown(socket.SHUT_WR)  # it wants its answer all the same
        left.close()
        self.assertIn("dyno= ", self.router.control.wait_line("code=H27")["text"])
        server = self.upstream(echo_server("a"))
        self.table(app("blog", [("dyno-1", server.endpoint)]))
        for client in (stays, half):
            status, _ = client.head()
            self.assertIn(status, (100, 200))
            if status == 100:  # asked whether it is there: it passes over that (RFC 9110 15.2.1)
                self.assertEqual(client.head()[0], 200)
        self.assertEqual(server.accepted, 2)


class OneHttp2Client(AbuseCase, TlsCase):
    def h2(self):
        client = H2Client(self.router.tls_port)
        self.addCleanup(client.close)
        return client

    def test_has_its_streams_counted_as_requests(self):
        self.start_router("--requests-per-client", "1", "--request-burst", "3")
        self.serve(echo_server("a"))
        client = self.h2()
        streams = [client.open() for _ in range(6)]
        statuses = {}
        while len(statuses) < 6:
            frame = client.wait(HEADERS)
            statuses[frame.stream] = frame.payload
        fine = [stream for stream in streams if statuses[stream][0] == 0x88]
        self.assertEqual(fine, streams[:len(fine)])
        self.assertIn(len(fine), (3, 4, 5))
        self.router.control.wait_line("code=H29")

    def test_holds_no_place_with_half_a_head_nor_with_an_answer_that_it_does_not_let_come(self):
        # Both counted as busy: two such clients shut out all others, the second kind for 55 seconds.
        self.start_router("--connections", "2", "--threads", "1")

        def serve(upstream, connection):
            while True:
                read_request(connection)
                respond(connection, b"x" * 50000)
        self.serve(serve)
        half = [self.h2() for _ in range(2)]
        for client in half:
            client.frame(HEADERS, 1, 1, request()[:10])  # END_STREAM, no END_HEADERS
        self.assert_another_is_served(half)
        stuck = []
        for _ in range(2):
            client = H2Client(self.router.tls_port, settings=[(INITIAL_WINDOW_SIZE, 0)])
            self.addCleanup(client.close)
            stuck.append(client)
            client.open()
            client.wait(HEADERS)  # its socket is empty: only its window holds the answer back
        self.assert_another_is_served(stuck)

    def assert_another_is_served(self, clients):
        other = self.h2()
        self.assertEqual(other.response(other.open())[0], 200)
        self.wait(lambda: not self.has_more(clients[0]), "the oldest has made room")
        self.assertTrue(self.has_more(clients[1]))
        for client in (other, clients[1]):
            client.close()

    def test_counts_where_its_head_does_not_end(self):
        self.start_router("--slow-heads-per-client", "1")
        self.serve(echo_server("a"))
        slow = [self.h2() for _ in range(2)]
        for client in slow:
            client.frame(HEADERS, 1, 1, request()[:10])  # END_STREAM, no END_HEADERS
        self.wait(lambda: any(not self.has_more(client) for client in slow), "one of them is closed")

    def has_more(self, client):
        readable, _, _ = select.select([client.socket], [], [], 0.05)
        if not readable:
            return True
        try:
            return client.socket.recv(65536) != b""
        except OSError:
            return False


class AllClients(AbuseCase):
    def test_beyond_the_limit_the_oldest_idle_connection_goes_and_never_one_with_a_request(self):
        self.start_router("--connections", "6", "--threads", "1")
        started, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def serve(upstream, connection):
            while True:
                line, _ = read_request(connection)
                if " /slow " in line:
                    started.set()
                    go_on.wait(TIMEOUT)
                respond(connection, b"done")
        self.serve(serve)
        busy = self.client()
        busy.send(REQUEST.replace(b" / ", b" /slow "))
        self.assertTrue(started.wait(TIMEOUT))
        idle = [self.client() for _ in range(5)]
        for client in idle:
            self.assertTrue(self.served(client))
        for i in range(4):
            self.assertTrue(self.served(self.client()))
        self.closed(*idle[:4])
        self.assertTrue(is_open(idle[4]))
        go_on.set()
        self.assertEqual(busy.response()[0], 200)

    def test_where_all_have_requests_new_ones_wait_for_the_first_that_ends(self):
        self.start_router("--connections", "2", "--threads", "1")
        self.serve(self.patient())
        busy = [self.client() for _ in range(2)]
        for client in busy:
            client.send(REQUEST)
        self.wait(lambda: self.waiting == 2, "all requests are at the app")
        late = self.client()
        late.send(REQUEST)
        self.assertTrue(is_open(late))
        self.answer.release()
        self.wait(lambda: self.waiting == 3, "the late one comes when somebody idles")

    def big(self):
        """An app whose answers fill any socket."""
        def serve(upstream, connection):
            while True:
                line, _ = read_request(connection)
                respond(connection, b"x" * (8 << 20) if " /big " in line else b"small")
        return serve

    def test_where_nobody_idles_the_one_that_does_not_read_makes_room(self):
        # They held their places for 55 seconds: as many clients as there are places shut out all others.
        self.start_router("--connections", "3", "--threads", "1")
        self.serve(self.big())
        slow = []
        for _ in range(3):
            slow.append(self.client_from(OTHER, receive_buffer=4096))
            slow[-1].send(REQUEST.replace(b" / ", b" /big "))
            self.assertEqual(slow[-1].head()[0], 200)
        self.assertTrue(self.served(self.client()))
        self.closed_after_reading(slow[0])
        line = self.router.control.wait_line("code=H27")["text"]
        self.assertIn("status=499", line)  # nothing that the app is to blame for
        self.assertTrue(self.served(self.client()))  # the idle one before goes first
        self.assertEqual(slow[2].exactly(1 << 20), b"x" * (1 << 20))

    def test_pages_that_nobody_reads_hold_no_place_and_no_buffer(self):
        self.start_router("--connections", "2", "--threads", "1")
        self.serve(echo_server("a"))
        many = b"GET / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n" * 100_000
        deaf = []
        for _ in range(2):
            deaf.append(self.client_from(OTHER, receive_buffer=4096))
            deaf[-1].socket.setblocking(False)
            deaf[-1].socket.send(many)
        self.assertTrue(self.served(self.client()))
        deaf[1].socket.settimeout(TIMEOUT)
        self.closed_after_reading(deaf[1])  # it has missed its turn, but not what was for it

    def closed_after_reading(self, client):
        with self.assertRaises((EOFError, ConnectionError)):
            client.exactly(64 << 20)

    def patient(self):
        """An app that answers one request for each self.answer.release()."""
        self.waiting = 0
        self.answer = threading.Semaphore(0)
        self.addCleanup(self.answer.release, 100)

        def serve(upstream, connection):
            while True:
                read_request(connection)
                self.waiting += 1
                self.answer.acquire(timeout=TIMEOUT)
                respond(connection, b"done")
        return serve

    def test_beyond_the_requests_at_once_they_are_refused(self):
        self.start_router("--requests", "3", "--threads", "1")
        self.serve(self.patient())
        busy = [self.client() for _ in range(3)]
        for client in busy:
            client.send(REQUEST)
        self.wait(lambda: self.waiting == 3, "all requests are at the app")
        client = self.client()
        self.assertEqual(client.get("blog")[0], 503)
        self.router.control.wait_line("code=H99")
        self.answer.release()
        self.wait(lambda: self.try_another(), "there is room again")

    def try_another(self):
        before = self.waiting
        client = self.client()
        client.send(REQUEST)
        self.wait(lambda: self.waiting > before or not self.unanswered(client), "served or refused")
        return self.waiting > before

    def unanswered(self, client):
        return not select.select([client.socket], [], [], 0)[0]

    def test_without_descriptors_the_idle_make_room_and_nobody_spins(self):
        self.start_router("--connections", "100000", "--threads", "1", "--parking-timeout", "200ms")
        self.serve(echo_server("a"))
        pid = self.router.process.pid
        # The undefined-behaviour sanitizer looks at each kind of object once, and needs a pipe for that.
        self.warm_up()
        have = len(os.listdir("/proc/%d/fd" % pid))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (have + 8, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        clients = [self.client() for _ in range(60)]
        self.closed(*clients[:40])
        self.assertTrue(self.served(clients[-1]))
        # With no idle one to close it waits between two looks, and goes on when one ends.
        before = self.cpu()
        self.serve(self.patient())
        busy = [self.client() for _ in range(20)]
        for client in busy:
            client.send(REQUEST)
        self.wait(lambda: self.waiting >= 2, "some are served")
        select.select([], [], [], 0.5)  # the time in which a loop that spins would use up half a second
        self.assertLess(self.cpu() - before, 0.45)
        for client in busy:
            client.close()
        self.serve(echo_server("a"))
        self.wait(lambda: self.answers(), "it accepts again")

    def warm_up(self):
        client = self.client()
        self.assertTrue(self.served(client))
        client.close()
        self.table(app("blog", [("dyno-1", "127.0.0.1:1")]))
        self.assertEqual(self.client().get("blog")[0], 503)
        self.serve(self.patient())
        client = self.client()
        client.send(REQUEST)
        self.wait(lambda: self.waiting == 1, "at the app")
        self.answer.release()
        self.assertEqual(client.response()[0], 200)
        client.close()
        self.serve(echo_server("a"))
        self.assertTrue(self.served(self.client()))

    def answers(self):
        try:
            client = Client(self.router.port)
            try:
                return client.get("blog")[0] == 200
            finally:
                client.close()
        except (EOFError, OSError):
            return False

    def cpu(self):
        with open("/proc/%d/stat" % self.router.process.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Memory(AbuseCase):
    """docs/router.md: so much for each connection, so much for each request, and a quarter of it for heads."""
    CONNECTIONS, REQUESTS = 900, 60
    FIXED = 10 * 1024  # for log lines and blocks in the pool; kB as all here
    BLOCKS = REQUESTS * 3 + REQUESTS // 4
    TUNNELS, TUNNEL = 500, 20  # kB beside its blocks, with what the address sanitizer puts around each object

    def start_router(self, *flags):
        # What the address sanitizer keeps of freed memory is not the router's.
        os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1:malloc_context_size=0:thread_local_quarantine_size_kb=64"
        try:
            super().start_router(*flags)
        finally:
            del os.environ["ASAN_OPTIONS"]

    def test_stays_within_what_is_written_down_whatever_clients_do(self):
        self.start_router("--connections", str(self.CONNECTIONS), "--requests", str(self.REQUESTS), "--threads", "1",
                          "--slow-heads-per-client", "0")
        body = b"x" * (2 << 20)

        def serve(upstream, connection):
            while True:
                line, headers = read_request(connection)
                if "upgrade" in headers:
                    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                    b"Upgrade: flood\r\n\r\n" + body)
                    upstream.release.wait(TIMEOUT)  # reads nothing, either
                if line.startswith("POST"):
                    upstream.release.wait(TIMEOUT)  # reads no body
                respond(connection, body)
        self.serve(serve)
        self.assertEqual(self.client().get("blog")[0], 200)
        before = self.memory()
        attackers = []

        def attack(count, data):
            for i in range(count):
                client = self.client_from("127.0.0.%d" % (2 + i % 5), receive_buffer=4096)
                attackers.append(client)
                client.socket.setblocking(False)
                try:
                    client.socket.send(data)
                except OSError:
                    pass  # closed already to make room
        # Tunnels both of whose ends write and do not read, heads that never end, bodies that no app reads, answers that
        # nobody reads, and connections that do nothing.
        upgrade = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: flood\r\n\r\n")
        attack(self.TUNNELS, upgrade + b"t" * 200000)
        attack(500, b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n" + (b"X: " + b"y" * 7900 + b"\r\n") * 4)
        attack(100, b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 10000000\r\n\r\n" + b"b" * 200000)
        attack(300, REQUEST)
        attack(400, b"")
        self.assertTrue(self.alive())
        with open("/proc/%d/exe" % self.router.process.pid, "rb") as program:
            if b"__tsan_init" in program.read():
                return  # it keeps several bytes for each
        grown = self.memory() - before
        # Without the limits it is twice as much. A half is for what the sanitizers keep beside it.
        bound = (self.FIXED + self.BLOCKS * 66 + self.CONNECTIONS * 1 + self.TUNNELS * self.TUNNEL) * 1.5
        self.assertLess(grown, bound, "kB")
        for client in attackers:
            client.close()
        self.wait(self.alive, "all is well when the attack is over")

    def alive(self):
        client = Client(self.router.port)
        try:
            status, _, _ = client.get("blog")
            return status in (200, 503)
        except (EOFError, OSError):
            return False
        finally:
            client.close()


if __name__ == "__main__":
    import unittest
    unittest.main()
