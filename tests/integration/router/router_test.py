"""davit-router from the outside: what clients, apps and davitd see."""
import json
import os
import signal
import socket
import subprocess
import threading
import unittest

from harness import Client, Control, RouterCase, TIMEOUT, app, echo_server, read_request, respond


class RouterTest(RouterCase):
    def setUp(self):
        self.start_router()

    # Requests and responses

    def test_requests_share_connections_on_both_sides_and_are_logged(self):
        server = self.serve(echo_server("a"))
        client = self.client()
        for i in range(5):
            status, headers, body = client.get("BLOG", "/p%d" % i, "X-Forwarded-For: 9.9.9.9\r\n")
            seen = json.loads(body)
            self.assertEqual(status, 200)
            self.assertEqual(seen["headers"]["x-forwarded-for"], "9.9.9.9, 127.0.0.1")
            self.assertEqual(seen["headers"]["x-forwarded-port"], str(self.router.port))
            self.assertEqual(len(seen["headers"]["x-request-id"]), 36)
            self.assertEqual(len(seen["headers"]["x-request-start"]), 13)
        self.assertEqual(server.accepted, 1)
        line = self.router.control.wait_line('path="/p4"')
        self.assertEqual(line["app"], "blog")
        self.assertIn("at=info method=GET", line["text"])
        self.assertIn("host=blog.localhost", line["text"])
        self.assertIn("dyno=web.1 connect=", line["text"])
        self.assertIn("status=200 bytes=%d protocol=http1.1" % len(body), line["text"])

    def test_pipelined_requests_are_answered_in_order(self):
        self.serve(echo_server("a"))
        client = self.client()
        request = "POST /%d HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 3\r\n\r\nabc"
        client.send("".join(request % i for i in range(20)).encode())
        for i in range(20):
            seen = json.loads(client.response()[2])
            self.assertEqual(seen["line"], "POST /%d HTTP/1.1" % i)
            self.assertEqual(seen["body"], "abc")

    def test_head_and_old_clients(self):
        self.serve(echo_server("a"))
        client = self.client()
        client.send(b"HEAD / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        self.assertEqual(client.response(to_head=True)[0], 200)
        client.send(b"GET / HTTP/1.0\r\nHost: blog.localhost\r\n\r\n")
        self.assertEqual(client.response()[1]["connection"], "close")
        self.assertEqual(client.rest(), b"")

    def test_chunks_are_taken_off_for_old_clients(self):
        def chunked(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x\r\ndefg\r\n0\r\n\r\n")
        self.serve(chunked)
        client = self.client()
        client.send(b"GET / HTTP/1.0\r\nHost: blog.localhost\r\n\r\n")
        self.assertEqual(client.response()[2], b"abcdefg")

    def test_interim_responses_and_trailers_pass(self):
        def early(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: v\r\n\r\n")
        self.serve(early)
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        self.assertEqual(client.head()[0], 103)
        self.assertEqual(client.head()[0], 200)
        self.assertEqual(client.exactly(17), b"1\r\na\r\n0\r\nT: v\r\n\r\n")

    def test_a_half_closed_client_gets_its_answer(self):
        self.serve(echo_server("a"))
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(client.response()[0], 200)

    # Streaming

    def test_a_big_response_reaches_a_slow_reader_whole(self):
        block = os.urandom(100_000)
        count = 300
        sent = threading.Event()

        def big(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (count * len(block)))
            for _ in range(count):
                connection.send(block)
            sent.set()
        self.serve(big)
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        # Back-pressure: while nobody reads, the router does not swallow it all.
        self.assertFalse(sent.wait(0.5))
        status, _, body = client.response()
        self.assertEqual(status, 200)
        self.assertTrue(body == block * count)

    def test_a_big_upload_is_read_as_fast_as_the_app_reads(self):
        size = 30_000_000
        go = threading.Event()

        def slow(upstream, connection):
            _, headers = read_request(connection)
            go.wait(TIMEOUT)
            body = connection.exactly(int(headers["content-length"]))
            respond(connection, b"%d" % body.count(b"z"))
        self.serve(slow)
        client = self.client()
        client.send(b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: %d\r\n\r\n" % size)
        sender = threading.Thread(target=client.send, args=(b"z" * size,))
        sender.start()
        # Back-pressure: with an app that does not read, the sender cannot get rid of it all.
        sender.join(0.5)
        self.assertTrue(sender.is_alive())
        go.set()
        self.assertEqual(client.response()[2], b"%d" % size)
        sender.join()

    def test_the_response_may_begin_before_the_request_ends(self):
        def duplex(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                size = int(connection.until(b"\r\n"), 16)
                data = connection.exactly(size + 2)
                connection.send(b"%x\r\n" % size + data)
                if size == 0:
                    return
        path = os.path.join(self.router.dir, "api.sock")
        self.upstream(duplex, path)
        self.table(control="unix:" + path)
        client = self.client()
        client.send(b"POST /blog.git/git-receive-pack HTTP/1.1\r\nHost: localhost:8080\r\n"
                    b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(client.head()[0], 100)
        client.send(b"3\r\none\r\n")
        self.assertEqual(client.head()[0], 200)
        self.assertEqual(client.exactly(8), b"3\r\none\r\n")
        client.send(b"3\r\ntwo\r\n0\r\n\r\n")
        self.assertEqual(client.exactly(13), b"3\r\ntwo\r\n0\r\n\r\n")

    def test_upgrades_become_tunnels_and_count_as_in_flight(self):
        def websocket(upstream, connection):
            _, headers = read_request(connection)
            assert headers["upgrade"] == "websocket"
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi")
            while connection.fill():
                data, connection.buffer = connection.buffer, b""
                connection.send(data.upper())
            connection.send(b"bye")
        self.serve(websocket)
        client = self.client()
        client.send(b"GET /ws HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        status, headers = client.head()
        self.assertEqual((status, headers["upgrade"]), (101, "websocket"))
        self.assertEqual(client.exactly(2), b"hi")
        client.send(b"hello")
        self.assertEqual(client.exactly(5), b"HELLO")
        self.table(app("blog", state="starting"))
        client.send(b"still")
        self.assertEqual(client.exactly(5), b"STILL")
        client.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(client.rest(), b"bye")
        self.router.control.wait("drained", lambda e: e["dyno"] == "dyno-1")
        self.assertIn("status=101", self.router.control.wait_line("/ws")["text"])

    # Failures

    def test_an_unknown_host_never_reaches_an_app(self):
        server = self.serve(echo_server("a"))
        client = self.client()
        status, headers, body = client.get("other")
        self.assertEqual(status, 404)
        self.assertIn(b"no app at this address", body)
        self.assertEqual(client.get("blog")[0], 200)  # the connection lives on
        self.assertEqual(server.accepted, 1)

    def test_apps_without_dynos_have_their_codes(self):
        self.table(app("none"), app("dead", state="crashed"), app("shut", [("d", "127.0.0.1:1")], maintenance=True))
        client = self.client()
        for name, code in (("none", "H14"), ("dead", "H10"), ("shut", "H80")):
            status, _, body = client.get(name, extra="Accept: application/json\r\n")
            self.assertEqual(status, 503)
            self.assertEqual(json.loads(body)["id"], code)
            self.assertIn("code=%s desc=" % code, self.router.control.wait_line("code=" + code)["text"])

    def test_malformed_requests_are_refused_before_an_app_sees_them(self):
        server = self.serve(echo_server("a"))
        for head in (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"X : 1\r\n", b"A: b\n", b"A: \0\r\n"):
            client = self.client()
            client.send(b"POST / HTTP/1.1\r\nHost: blog.localhost\r\n" + head + b"\r\n" + b"x" * 300_000)
            status, headers, _ = client.response()
            self.assertEqual((status, headers["connection"]), (400, "close"))
        client = self.client()
        client.send(b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        self.assertEqual(client.response()[0], 400)
        client = self.client()
        client.send(b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nExpect: the-worst\r\n\r\n")
        self.assertEqual(client.response()[0], 417)
        self.assertEqual(server.accepted, 0)

    def test_a_dyno_that_refuses_is_passed_over(self):
        server = self.upstream(echo_server("a"))
        gone = socket.socket()
        gone.bind(("127.0.0.1", 0))  # bound, not listening
        self.addCleanup(gone.close)
        refusing = "127.0.0.1:%d" % gone.getsockname()[1]
        self.table(app("blog", [("dead", refusing), ("alive", server.endpoint)]))
        for _ in range(20):
            self.assertEqual(self.client().get("blog")[0], 200)

    def test_a_stale_connection_is_not_a_users_problem(self):
        def once(upstream, connection):
            read_request(connection)
            respond(connection, b"ok")  # says keep-alive, and closes
        server = self.serve(once)
        client = self.client()
        for _ in range(30):
            self.assertEqual(client.get("blog")[0], 200)
        self.assertGreaterEqual(server.accepted, 30)

    def test_a_dyno_that_hangs_up_or_babbles_has_its_codes(self):
        def hang_up(upstream, connection):
            read_request(connection)

        def babble(upstream, connection):
            read_request(connection)
            connection.send(b"what?\r\n\r\n")

        def break_off(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        servers = {name: self.upstream(serve) for name, serve in
                   (("hangup", hang_up), ("babble", babble), ("breaks", break_off))}
        self.table(*(app(name, [(name, server.endpoint)]) for name, server in servers.items()))
        client = self.client()
        self.assertEqual(client.get("hangup")[0], 503)
        self.router.control.wait_line("code=H13")
        self.assertEqual(client.get("babble")[0], 503)
        self.router.control.wait_line("code=H17")
        with self.assertRaises((EOFError, ConnectionResetError)):
            client.get("breaks")
        line = self.router.control.wait_line("code=H18")["text"]
        self.assertTrue(line.startswith('sock=backend at=error code=H18 desc="Server Request Interrupted"'), line)
        # The client has seen a 200 begin; the vendor's line says how the request ended.
        self.assertIn("status=503 bytes=3 ", line)

    def test_the_control_plane_may_be_away(self):
        server = self.upstream(echo_server("a"))
        self.table(app("blog", [("d", server.endpoint)]))
        client = self.client()
        client.send(b"GET /apps HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, _, body = client.response()
        self.assertEqual(status, 503)
        self.assertIn(b"apps run on", body)
        self.assertEqual(client.get("blog")[0], 200)

    # Tables

    def test_requests_wait_for_an_app_that_starts(self):
        self.table(app("blog", state="starting"))
        clients = [self.client() for _ in range(10)]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        self.serve(echo_server("a"))
        for client in clients:
            self.assertEqual(client.response()[0], 200)

    def test_a_removed_dyno_is_drained_when_its_last_request_ends(self):
        started = threading.Event()

        def slow(upstream, connection):
            read_request(connection)
            started.set()
            upstream.release.wait(TIMEOUT)
            respond(connection, b"done")
        old = self.serve(slow)
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        started.wait(TIMEOUT)
        new = self.upstream(echo_server("new"))
        self.table(app("blog", [("dyno-2", new.endpoint)]))
        self.assertEqual(self.client().get("blog")[0], 200)
        again = Control(self.router.control_path)
        self.router.control.close()
        self.router.control = again
        self.assertEqual(again.hello["draining"], ["dyno-1"])
        old.release.set()
        self.assertEqual(client.response()[2], b"done")
        again.wait("drained", lambda e: e["dyno"] == "dyno-1")

    def test_switches_under_load_lose_nothing(self):
        stop = threading.Event()
        failures, counts = [], []

        def load():
            client, count = Client(self.router.port), 0
            while not stop.is_set():
                status, headers, _ = client.get("blog")
                count += 1
                if status != 200:
                    failures.append(status)
                if headers.get("connection") == "close":
                    client.close()
                    client = Client(self.router.port)
            client.close()
            counts.append(count)

        def guarded():
            try:
                load()
            except Exception as error:  # a failed request of any kind
                failures.append(repr(error))
        server = self.upstream(echo_server("0"))
        self.table(app("blog", [("dyno-0", server.endpoint)]))
        threads = [threading.Thread(target=guarded) for _ in range(6)]
        for thread in threads:
            thread.start()
        for i in range(1, 40):
            old, server = server, self.upstream(echo_server(str(i)))
            self.table(app("blog", [("dyno-%d" % i, server.endpoint)]))
            self.router.control.wait("drained", lambda e: e["dyno"] == "dyno-%d" % (i - 1))
            old.stop_listening()  # as its process would end
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertGreater(sum(counts), 40)

    def test_it_serves_from_the_table_on_disk_without_davitd(self):
        server = self.serve(echo_server("a"))
        deadline = threading.Event()
        while not os.path.exists(self.router.table_path):
            deadline.wait(0.02)
        self.assertEqual(os.stat(self.router.table_path).st_mode & 0o777, 0o600)
        self.router.stop(signal.SIGKILL)
        self.router.start()
        self.assertEqual(self.router.control.hello["table_version"], 1)
        self.router.control.close()
        self.assertEqual(self.client().get("blog")[0], 200)
        self.router.connect()
        self.router.control.wait_line("status=200")  # kept until somebody came

    # The process

    def test_a_second_router_and_a_taken_port_are_told_apart(self):
        second = subprocess.run(self.router.arguments("127.0.0.1:0"), capture_output=True, text=True, timeout=TIMEOUT)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another davit-router runs", second.stderr)
        words = self.router.arguments("127.0.0.1:%d" % self.router.port)
        words[words.index("--control") + 1] += "2"
        taken = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT)
        self.assertEqual(taken.returncode, 1)
        self.assertIn("127.0.0.1:%d" % self.router.port, taken.stderr)
        self.assertIn("another program listens there", taken.stderr)
        self.assertEqual(os.stat(self.router.control_path).st_mode & 0o777, 0o600)

    def test_sigterm_lets_running_requests_end(self):
        started = threading.Event()

        def slow(upstream, connection):
            read_request(connection)
            started.set()
            upstream.release.wait(TIMEOUT)
            respond(connection, b"done")
        server = self.serve(slow)
        client, idle = self.client(), self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        started.wait(TIMEOUT)
        self.assertEqual(idle.get("none")[0], 404)
        self.router.process.send_signal(signal.SIGHUP)  # no reason to end
        self.router.process.send_signal(signal.SIGTERM)
        self.assertEqual(idle.rest(), b"")
        with self.assertRaises(OSError):
            Client(self.router.port)
        server.release.set()
        status, headers, body = client.response()
        self.assertEqual((status, headers["connection"], body), (200, "close", b"done"))
        self.router.control.wait_line("status=200")
        self.assertEqual(self.router.process.wait(TIMEOUT), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
