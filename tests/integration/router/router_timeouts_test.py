"""What davit-router does when somebody is silent: who is cut, when, with which answer and which line.

What must expire has limits of a few tenths of a second; every other limit is far beyond a test's end, so that the code
that shows up is the right one. What must not expire moves in pieces, for longer than its limit.
"""
import json
import os
import re
import select
import signal
import socket
import threading
import time
import unittest

from harness import Client, RouterCase, TIMEOUT, app, echo_server, read_request, respond

SHORT = "200ms"
LONG = "60s"
TIMES = ("head-timeout", "keep-alive-timeout", "connect-timeout", "first-byte-timeout", "stream-idle-timeout",
         "parking-timeout", "quarantine", "control-idle-timeout")
# Pieces come ten times as often as their limit asks for, and for half as long again as it lasts.
MOVING_LIMIT = 1.5
PIECES = 15
PACE = MOVING_LIMIT / 10
# A slow line's receiver: it tells of each few kilobytes that were read, not of each megabyte.
SMALL_BUFFER = 16 * 1024


def answered(client, within=PACE):
    """Whether there is something to read (or the end) within so long: what paces the pieces."""
    return bool(client.buffer) or bool(select.select([client.socket], [], [], within)[0])


class TimeoutCase(RouterCase):
    def start(self, **limits):
        """start(first_byte_timeout="200ms"): the others are far away."""
        chosen = {name: limits.pop(name.replace("-", "_"), LONG) for name in TIMES}
        chosen.update((name.replace("_", "-"), limit) for name, limit in limits.items())
        self.start_router(*(word for name, limit in chosen.items() for word in ("--" + name, limit)))

    def request(self, host="blog", method="GET", extra=""):
        client = self.client()
        head = "%s / HTTP/1.1\r\nHost: %s.localhost\r\nAccept: application/json\r\n%s\r\n"
        client.send((head % (method, host, extra)).encode())
        return client

    def line(self, code):
        return self.router.control.wait_line("code=%s " % code)["text"]

    def assert_page(self, client, code):
        status, headers, body = client.response()
        self.assertEqual((status, json.loads(body)["id"], json.loads(body)["status"]), (503, code, 503))
        return headers

    def assert_cut(self, client, kinds=(EOFError, ConnectionResetError)):
        with self.assertRaises(kinds):
            client.exactly(1 << 40)

    def millis(self, key, line):
        found = re.search(r" %s=(\d+)ms" % key, line)
        self.assertTrue(found, "no %s= in: %s" % (key, line))
        return int(found.group(1))

    def hear(self, event):
        self.assertTrue(event.wait(TIMEOUT))


def hang(upstream, connection):
    """An app that accepts, reads a head and never says a word."""
    read_request(connection)
    upstream.release.wait(TIMEOUT)


class Heads(TimeoutCase):
    def test_a_head_that_stops_in_the_middle_is_answered_408(self):
        self.start(head_timeout=SHORT)
        self.serve(echo_server("a"))
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.local")
        status, headers, body = client.response()
        self.assertEqual((status, headers["connection"]), (408, "close"))
        self.assertIn(b"did not arrive in time", body)
        self.assertEqual(client.rest(), b"")
        # Nobody knows whose it was, so it is in no app's log: the first line is that of the next request.
        self.assertEqual(self.client().get("blog")[0], 200)
        self.assertIn("status=200", self.router.control.wait("log")["lines"][0]["text"])

    def test_a_head_that_trickles_gets_no_more_time(self):
        self.start(head_timeout=SHORT)
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nX: ")
        while not answered(client, 0.02):
            client.send(b"x")
        self.assertEqual(client.response()[0], 408)

    def test_the_second_head_on_a_connection_has_the_same_limit(self):
        self.start(head_timeout=SHORT)
        self.serve(echo_server("a"))
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\nGET / HT")
        self.assertEqual(client.response()[0], 200)
        self.assertEqual(client.response()[0], 408)


class KeepAlive(TimeoutCase):
    def test_an_idle_connection_is_closed_whether_it_was_used_or_not(self):
        self.start(keep_alive_timeout="600ms")
        self.serve(echo_server("a"))
        begin = time.monotonic()
        used, unused = self.client(), self.client()
        self.assertEqual(used.get("blog")[0], 200)
        for client in (used, unused):
            self.assertEqual(client.rest(), b"")
            self.assertGreaterEqual(time.monotonic() - begin, 0.6)  # not before its time

    def test_the_time_counts_from_the_last_answer(self):
        """Connections once stayed open for two seconds more: those in which the router keeps a buffer for them."""
        self.start(keep_alive_timeout="2500ms", head_timeout="3500ms")
        self.serve(echo_server("a"))
        idle, clock = self.client(), self.client()
        self.assertEqual(idle.get("blog")[0], 200)
        clock.send(b"G")  # and no more: its 408 is the clock
        self.assertEqual(clock.head()[0], 408)
        self.assertTrue(answered(idle, 0))
        self.assertEqual(idle.rest(), b"")

    def test_each_request_starts_the_time_again(self):
        self.start(keep_alive_timeout="%dms" % (MOVING_LIMIT * 1000))
        self.serve(echo_server("a"))
        client = self.client()
        for _ in range(PIECES):
            self.assertFalse(answered(client))
            self.assertEqual(client.get("blog")[0], 200)


class FirstByte(TimeoutCase):
    def test_an_app_that_never_answers_is_h12(self):
        self.start(first_byte_timeout=SHORT)
        over = threading.Event()

        def silent(upstream, connection):
            read_request(connection)
            connection.fill()  # ends when the router gives up
            over.set()
        self.serve(silent)
        client = self.request()
        headers = self.assert_page(client, "H12")
        self.assertEqual(headers["connection"], "keep-alive")
        line = self.line("H12")
        self.assertTrue(line.startswith('at=error code=H12 desc="Request timeout" method=GET path="/" '), line)
        self.assertRegex(line, r' dyno=web\.1 connect=\d+ms service=\d+ms status=503 bytes=0 protocol=http1\.1')
        self.assertGreaterEqual(self.millis("service", line), 200)
        self.hear(over)
        # The client did nothing wrong: its connection serves on.
        self.table(app("blog", [("dyno-2", self.upstream(echo_server("b")).endpoint)]))
        self.assertEqual(client.get("blog")[0], 200)

    def test_the_app_has_the_whole_time_after_a_slow_upload(self):
        self.start(first_byte_timeout="100ms")
        whole = threading.Event()

        def reads_all(upstream, connection):
            read_request(connection)
            connection.exactly(PIECES)
            whole.set()
            upstream.release.wait(TIMEOUT)
        self.serve(reads_all)
        client = self.request(method="POST", extra="Content-Length: %d\r\n" % PIECES)
        for _ in range(PIECES):
            self.assertFalse(answered(client, 0.05))
            client.send(b"x")
        self.assert_page(client, "H12")
        self.assertTrue(whole.is_set())
        self.assertGreaterEqual(self.millis("service", self.line("H12")), PIECES * 50)


class Bodies(TimeoutCase):
    def test_an_app_that_stops_in_mid_response_is_h15(self):
        self.start(stream_idle_timeout=SHORT)

        def stops(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc")
            upstream.release.wait(TIMEOUT)
        self.serve(stops)
        client = self.request()
        self.assertEqual(client.head()[0], 200)
        self.assertEqual(client.exactly(3), b"abc")
        self.assert_cut(client)
        line = self.line("H15")
        self.assertTrue(line.startswith('at=error code=H15 desc="Idle connection" method=GET '), line)
        self.assertRegex(line, r" dyno=web\.1 connect=\d+ms service=\d+ms status=503 bytes=3 ")
        self.assertGreaterEqual(self.millis("service", line), 200)

    def test_a_response_without_a_length_is_reset_so_that_it_does_not_look_complete(self):
        self.start(stream_idle_timeout=SHORT)

        def stops(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.0 200 OK\r\n\r\nabc")
            upstream.release.wait(TIMEOUT)
        self.serve(stops)
        client = self.request()
        self.assertEqual(client.head()[0], 200)
        self.assertEqual(client.exactly(3), b"abc")
        self.assert_cut(client, ConnectionResetError)
        self.line("H15")

    def test_an_app_that_stops_in_mid_head_is_h15_with_a_page(self):
        self.start(stream_idle_timeout=SHORT)

        def stops(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-")
            upstream.release.wait(TIMEOUT)
        self.serve(stops)
        self.assert_page(self.request(), "H15")
        self.assertIn(" status=503 bytes=0 ", self.line("H15"))

    def test_an_app_that_does_not_read_an_upload_is_h15_with_a_page(self):
        self.start(stream_idle_timeout=SHORT)
        server = self.serve(hang)
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        # More than the kernel takes off the router's hands; less than the router reads of a refused body, so that the
        # client surely gets to see the page (limits::linger_bytes_max).
        size = 15_000_000
        client = self.request(method="POST", extra="Content-Length: %d\r\n" % size)

        def upload():
            try:
                client.send(b"x" * size)
            except OSError:
                pass  # cut, as it should be
        sender = threading.Thread(target=upload)
        sender.start()
        self.assert_page(client, "H15")
        client.socket.shutdown(socket.SHUT_RDWR)
        sender.join(TIMEOUT)
        self.assertRegex(self.line("H15"), r"method=POST .* dyno=web\.1 connect=\d+ms service=\d+ms status=503 bytes=0 ")

    def test_a_client_that_stops_in_mid_upload_is_h28(self):
        self.start(stream_idle_timeout=SHORT)
        over = threading.Event()

        def reads(upstream, connection):
            read_request(connection)
            try:
                connection.exactly(50)
            finally:
                over.set()
        self.serve(reads)
        client = self.request(method="POST", extra="Content-Length: 50\r\n")
        client.send(b"x" * 18)
        self.assert_cut(client)
        line = self.line("H28")
        self.assertTrue(line.startswith('at=warning code=H28 desc="Client Connection Idle" method=POST '), line)
        self.assertRegex(line, r" dyno=web\.1 connect=\d+ms service=\d+ms status=499 bytes=0 ")
        self.assertGreaterEqual(self.millis("service", line), 200)
        self.hear(over)  # the app is not left waiting for the rest

    def test_a_client_that_does_not_read_is_h28(self):
        self.start(stream_idle_timeout=SHORT)

        def big(upstream, connection):
            read_request(connection)
            respond(connection, b"x" * 50_000_000)
        self.serve(big)
        client = self.request()
        self.assertIn(" status=499 ", self.line("H28"))
        self.assert_cut(client)

    def test_a_client_that_breaks_off_is_not_called_idle(self):
        self.start()
        self.serve(hang)
        client = self.request(method="POST", extra="Content-Length: 50\r\n")
        client.send(b"x")
        client.close()
        line = self.line("H27")
        self.assertTrue(line.startswith('sock=client at=warning code=H27 desc="Client Request Interrupted" '), line)
        self.assertIn(" status=499 ", line)

    def test_a_tunnel_on_which_nothing_moves_is_h15(self):
        self.start(stream_idle_timeout=SHORT)

        def websocket(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi")
            upstream.release.wait(TIMEOUT)
        self.serve(websocket)
        client = self.request(extra="Connection: Upgrade\r\nUpgrade: websocket\r\n")
        self.assertEqual(client.head()[0], 101)
        self.assertEqual(client.exactly(2), b"hi")
        self.assert_cut(client)
        line = self.line("H15")
        self.assertIn(" status=503 bytes=2 ", line)
        self.assertGreaterEqual(self.millis("service", line), 200)


class SlowButMoving(TimeoutCase):
    """Each piece starts the time again: none of these is cut, though each lasts longer than the limit."""

    def setUp(self):
        self.start(stream_idle_timeout="%dms" % (MOVING_LIMIT * 1000))

    def test_an_upload(self):
        def count(upstream, connection):
            _, headers = read_request(connection)
            respond(connection, connection.exactly(int(headers["content-length"])))
        self.serve(count)
        client = self.request(method="POST", extra="Content-Length: %d\r\n" % PIECES)
        for _ in range(PIECES):
            self.assertFalse(answered(client))
            client.send(b"x")
        self.assertEqual(client.response()[2], b"x" * PIECES)

    def test_a_download(self):
        def trickle(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % PIECES)
            for _ in range(PIECES):
                upstream.release.wait(PACE)
                connection.send(b"x")
        self.serve(trickle)
        self.assertEqual(self.request().response()[2], b"x" * PIECES)

    def test_a_tunnel_that_is_used_in_one_direction(self):
        def websocket(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            connection.send(connection.exactly(PIECES))
        self.serve(websocket)
        client = self.request(extra="Connection: Upgrade\r\nUpgrade: websocket\r\n")
        self.assertEqual(client.head()[0], 101)
        for _ in range(PIECES):
            self.assertFalse(answered(client))
            client.send(b"x")
        self.assertEqual(client.exactly(PIECES), b"x" * PIECES)

    def test_a_tunnel_whose_client_reads_slowly(self):
        total = 8_000_000

        def websocket(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            connection.send(b"x" * total)
        self.serve(websocket)
        client = Client(self.router.port, SMALL_BUFFER)
        self.addCleanup(client.close)
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        self.assertEqual(client.head()[0], 101)
        self.assertEqual(self.read_slowly(client, total), total)

    def read_slowly(self, connection, total):
        """A piece each PACE, for longer than the limit; then the rest at once."""
        part, read, pause = 8192, 0, threading.Event()
        for _ in range(PIECES):
            pause.wait(PACE)
            read += len(connection.exactly(part))
        return read + len(connection.exactly(total - read))

    def test_a_download_that_its_client_reads_slowly(self):
        """Such a client was cut: epoll calls a socket writable only when a third of its buffer is free again."""
        total = 8_000_000  # more than the kernel takes off the router's hands

        def big(upstream, connection):
            read_request(connection)
            respond(connection, b"x" * total)
        self.serve(big)
        client = Client(self.router.port, SMALL_BUFFER)
        self.addCleanup(client.close)
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        self.assertEqual(client.head()[0], 200)
        self.assertEqual(self.read_slowly(client, total), total)

    def test_an_upload_that_its_app_reads_slowly(self):
        total = 8_000_000  # more than the kernel takes off the router's hands

        def slow(upstream, connection):
            read_request(connection)
            respond(connection, b"%d" % self.read_slowly(connection, total))
        server = self.serve(slow)
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)  # accepted ones inherit it
        client = self.request(method="POST", extra="Content-Length: %d\r\n" % total)
        client.send(b"x" * total)
        self.assertEqual(client.response()[2], b"%d" % total)


class Connecting(TimeoutCase):
    def full_listener(self):
        """A listening socket whose queue is full: connecting to it neither succeeds nor fails."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        while True:
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if not select.select([], [filler], [], 0.2)[1]:
                return "127.0.0.1:%d" % listener.getsockname()[1]

    def refusing(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        return "127.0.0.1:%d" % taken.getsockname()[1]

    def test_dynos_that_cannot_be_connected_to_are_h19(self):
        self.start(connect_timeout="100ms")
        full = self.full_listener()
        self.table(app("blog", [("dyno-%d" % i, full) for i in range(10)]))  # as many as are tried
        self.assert_page(self.request(), "H19")
        line = self.line("H19")
        self.assertTrue(line.startswith('at=error code=H19 desc="Backend connection timeout" '), line)
        self.assertRegex(line, r" dyno=web\.\d+ connect=\d+ms service= status=503 bytes=0 ")
        self.assertGreaterEqual(self.millis("connect", line), 100)

    def test_another_dyno_takes_what_one_does_not_accept(self):
        self.start(connect_timeout="300ms")
        server = self.upstream(echo_server("a"))
        self.table(app("blog", [("full", self.full_listener()), ("alive", server.endpoint)]))
        for _ in range(10):
            self.assertEqual(self.client().get("blog")[0], 200)
            self.assertIn(" dyno=web.2 ", self.router.control.wait_line("status=200")["text"])

    def test_dynos_that_refuse_are_h21(self):
        self.start()
        refusing = self.refusing()
        self.table(app("blog", [("dyno-%d" % i, refusing) for i in range(10)]))
        self.assert_page(self.request(), "H21")
        self.assertRegex(self.line("H21"), r'desc="Backend connection refused" .* connect=\d+ms service= status=503 bytes=0 ')

    def test_an_app_whose_dynos_stay_in_quarantine_is_h99(self):
        self.start(parking_timeout="500ms", quarantine="100ms")
        self.table(app("blog", [("dyno-1", self.refusing())]))
        self.assert_page(self.request(), "H99")
        line = self.line("H99")
        self.assertRegex(line, r'desc="Platform error" .* connect=\d+ms service= status=503 bytes=0 ')
        self.assertGreaterEqual(self.millis("queue", line), 500)

    def test_a_dyno_that_comes_back_from_quarantine_gets_the_waiting_request(self):
        self.start(quarantine="100ms")
        path = os.path.join(self.router.dir, "app.sock")
        self.table(app("blog", [("dyno-1", "unix:" + path)]))
        client = self.request()
        self.assertFalse(answered(client, 0.2))
        self.upstream(echo_server("a"), path)
        self.assertEqual(client.response()[0], 200)
        line = self.router.control.wait_line("status=200")["text"]
        self.assertGreaterEqual(self.millis("queue", line), 100)


class IdleUpstreams(TimeoutCase):
    def test_a_connection_that_no_request_needs_is_closed(self):
        self.start(upstream_idle_timeout=SHORT)
        closed = threading.Event()

        def serve(upstream, connection):
            read_request(connection)
            respond(connection, b"ok")
            if not connection.fill():
                closed.set()
        self.serve(serve)
        self.assertEqual(self.client().get("blog")[0], 200)
        self.hear(closed)


class Parking(TimeoutCase):
    def test_an_app_that_does_not_start_in_time_is_h20(self):
        self.start(parking_timeout=SHORT)
        self.table(app("blog", state="starting"))
        self.assert_page(self.request(), "H20")
        line = self.line("H20")
        self.assertTrue(line.startswith('at=error code=H20 desc="App boot timeout" method=GET '), line)
        self.assertIn(" dyno= connect= service= status=503 bytes=0 ", line)
        self.assertGreaterEqual(self.millis("queue", line), 200)

    def test_an_app_that_starts_over_and_over_does_not_hold_requests_for_ever(self):
        self.start(parking_timeout=SHORT)
        self.table(app("blog", state="starting"))
        client = self.request()
        while not answered(client, 0.02):
            self.table(app("blog", state="starting"))
        self.assert_page(client, "H20")


class ControlPlane(TimeoutCase):
    def serve_control(self, serve):
        path = os.path.join(self.router.dir, "api.sock")
        self.upstream(serve, path)
        self.table(control="unix:" + path)
        client = self.client()
        client.send(b"POST /blog.git/git-receive-pack HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
        return client

    def test_a_push_that_builds_in_silence_has_limits_of_its_own(self):
        self.start(first_byte_timeout="100ms", stream_idle_timeout="100ms")

        def builds(upstream, connection):
            read_request(connection)
            connection.exactly(3)
            upstream.release.wait(1)
            respond(connection, b"built")
        self.assertEqual(self.serve_control(builds).response()[2], b"built")

    def test_a_davitd_that_hangs_is_told_as_what_it_is(self):
        self.start(control_idle_timeout=SHORT)
        status, _, body = self.serve_control(hang).response()
        self.assertEqual(status, 503)
        self.assertIn(b"control plane does not answer", body)  # and not: your app took too long


class ShuttingDown(TimeoutCase):
    def test_what_still_runs_at_the_end_of_the_grace_is_cut_and_logged(self):
        self.start(shutdown_timeout=SHORT)
        started = threading.Event()

        def slow(upstream, connection):
            read_request(connection)
            started.set()
            upstream.release.wait(TIMEOUT)
        hung = self.upstream(slow)
        self.table(app("blog", [("dyno-1", hung.endpoint)]), app("late", state="starting"))
        running, parked = self.request("blog"), self.request("late")
        self.hear(started)
        self.router.process.send_signal(signal.SIGTERM)
        for client in (running, parked):
            self.assert_cut(client)
        lines = []
        while len(lines) < 2:
            lines += self.router.control.wait("log")["lines"]
        self.router.control.send({"type": "ack_log", "sequence": lines[-1]["sequence"]})
        self.assertEqual({line["app"] for line in lines}, {"blog", "late"})
        for line in lines:  # neither the client's fault (H27) nor the app's
            self.assertTrue(line["text"].startswith('at=error code=H99 desc="Platform error" '), line)
        self.assertEqual(self.router.process.wait(TIMEOUT), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
