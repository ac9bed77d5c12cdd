"""HTTPS from the outside: handshakes, names, resumption, what apps and the log hear of it."""
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest

from harness import Client, Control, TIMEOUT, app, echo_server, read_request, respond, select_briefly
from tls_harness import TlsCase, TlsClient, tls_context



class Handshakes(TlsCase):
    def setUp(self):
        self.start_router()
        self.serve(echo_server("a"))

    def test_tls_1_2_and_1_3_are_spoken_and_older_ones_are_not(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            client = self.tls_client(context=tls_context(version=version))
            self.assertEqual(client.socket.version(), name)
            self.assertEqual(client.get("blog")[0], 200)
        old = subprocess.run(
            ["openssl", "s_client", "-connect", "127.0.0.1:%d" % self.router.tls_port, "-tls1_1",
             "-cipher", "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        self.assertNotEqual(old.returncode, 0)
        self.assertIn("alert protocol version", old.stderr)

    def test_suites_without_forward_secrecy_are_refused(self):
        context = tls_context(version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("AES128-GCM-SHA256:AES256-SHA")
        with self.assertRaises(ssl.SSLError):
            self.tls_client(context=context)

    def test_a_client_cannot_renegotiate(self):
        client = subprocess.run(
            ["openssl", "s_client", "-connect", "127.0.0.1:%d" % self.router.tls_port, "-tls1_2"],
            input="R\n", capture_output=True, text=True, timeout=TIMEOUT)
        self.assertIn("no renegotiation", client.stderr)

    def test_alpn_prefers_http_2_and_refuses_what_is_neither(self):
        for offered, chosen in ((("http/1.1", "h2"), "h2"), (("http/1.1",), "http/1.1"), ((), None)):
            client = self.tls_client(context=tls_context(offered))
            self.assertEqual(client.socket.selected_alpn_protocol(), chosen)
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            self.tls_client(context=tls_context(("spdy/1",)))

    def test_sessions_are_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = tls_context(version=version)
            first = self.tls_client(context=context)
            self.assertEqual(first.get("blog")[0], 200)
            self.assertFalse(first.socket.session_reused)
            second = self.tls_client(context=context, session=first.socket.session)
            self.assertTrue(second.socket.session_reused)
            self.assertEqual(second.get("blog")[0], 200)
            third = self.tls_client(context=context, session=second.socket.session)
            self.assertTrue(third.socket.session_reused)

    def test_plain_http_on_the_https_port_is_told_so(self):
        client = Client(self.router.tls_port)
        self.addCleanup(client.close)
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        status, _, body = client.response()
        self.assertEqual(status, 400)
        self.assertIn(b"plain HTTP on a port for HTTPS", body)

    def test_garbage_and_silence_end(self):
        for first in (b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\0" * 100, b""):
            client = Client(self.router.tls_port)
            self.addCleanup(client.close)
            client.send(first)
            client.socket.shutdown(socket.SHUT_WR)
            client.rest()  # an alert, or nothing
        self.assertEqual(self.tls_client().get("blog")[0], 200)


class SlowHandshakes(TlsCase):
    def test_they_are_ended(self):
        self.start_router("--handshake-timeout", "200ms")
        client = Client(self.router.tls_port)
        self.addCleanup(client.close)
        client.send(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
        self.assertEqual(client.rest(), b"")


class Names(TlsCase):
    def test_each_name_has_its_certificate(self):
        self.start_router()
        self.assertEqual(self.served("www.example.org"), self.pem.der)  # the default
        self.assertEqual(self.certificates(self.other.entry()), [])
        for name, pem in (("WWW.example.org", self.other), ("example.org", self.pem), ("blog.localhost", self.pem),
                          ("a.b.localhost", self.pem), (None, self.pem)):
            self.assertEqual(self.served(name), pem.der, name)

    def test_without_a_default_unknown_names_are_refused(self):
        self.start_router(own=False)
        with self.assertRaisesRegex(ssl.SSLError, "(?i)unrecognized.name"):  # until davitd sends certificates
            self.tls_client()
        self.assertEqual(self.certificates(self.pem.entry()), [])
        self.assertEqual(self.served("blog.localhost"), self.pem.der)
        for name in ("blog.example.org", None):
            with self.assertRaisesRegex(ssl.SSLError, "(?i)unrecognized.name"):
                self.tls_client(name)

    def test_what_cannot_be_served_is_told_and_the_rest_serves(self):
        self.start_router(own=False)
        mixed = dict(self.other.entry("mixed.org"), key_pem=self.pem.key_pem)
        garbage = {"names": ["garbage.org"], "chain_pem": "x", "key_pem": "y", "default": False}
        problems = self.certificates(mixed, garbage, self.pem.entry())
        self.assertEqual(problems[0], "certificate of 'mixed.org': the key is not the certificate's; it is not served")
        self.assertIn("certificate of 'garbage.org'", problems[1])
        self.assertEqual(self.served("blog.localhost"), self.pem.der)

    def test_a_set_may_come_in_parts_and_counts_as_a_whole(self):
        self.start_router(own=False)
        self.assertEqual(self.certificates(self.other.entry("first.org", default=True)), [])
        self.router.control.send({"type": "set_certificates", "version": 7, "more": True,
                                  "certificates": [self.pem.entry("half.org", default=True)]})
        # One that is never finished is forgotten with the next.
        self.assertEqual(self.certificates_in_parts([self.pem.entry("a.org")], [], [self.other.entry("b.org")]), [])
        self.assertEqual((self.served("a.org"), self.served("b.org")), (self.pem.der, self.other.der))
        for name in ("first.org", "half.org"):
            with self.assertRaisesRegex(ssl.SSLError, "(?i)unrecognized.name"):
                self.tls_client(name)

    def test_thousands_are_swapped_under_load_and_nothing_is_lost(self):
        self.start_router(own=False)
        self.serve(echo_server("a"))
        many = [self.other.entry("app-%d.example.org" % i) for i in range(3000)]
        self.assertEqual(self.certificates(self.pem.entry(), *many), [])
        done, counts, failures = threading.Event(), [], []

        def load():
            count = 0
            try:
                kept = TlsClient(self.router.tls_port)
                while not done.is_set():
                    fresh = TlsClient(self.router.tls_port)
                    for client in (kept, fresh):
                        if client.get("blog")[0] != 200:
                            raise AssertionError("not served")
                        count += 1
                    fresh.close()
                kept.close()
            except Exception as failure:
                failures.append(failure)
            counts.append(count)
        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        for i in range(3):
            self.assertEqual(self.certificates(self.pem.entry(), *many[i:]), [])
        self.assertEqual(self.served("app-2999.example.org"), self.other.der)
        done.set()
        for thread in threads:
            thread.join(TIMEOUT)
        self.assertEqual(failures, [])
        self.assertGreater(min(counts), 0)


class Requests(TlsCase):
    def setUp(self):
        self.start_router()

    def test_apps_and_the_log_hear_of_tls(self):
        self.serve(echo_server("a"))
        seen = json.loads(self.tls_client().get("blog", "/tls")[2])
        self.assertEqual(seen["headers"]["x-forwarded-proto"], "https")
        self.assertEqual(seen["headers"]["x-forwarded-port"], str(self.router.tls_port))
        line = self.router.control.wait_line("/tls")["text"]
        self.assertTrue(line.endswith("protocol=http1.1 tls=true tls_version=tls1.3"), line)

    def test_keep_alive_pipelining_and_idle_connections(self):
        server = self.serve(echo_server("a"))
        client = self.tls_client()
        request = b"POST /p HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 3\r\n\r\nabc"
        client.send(request * 50)
        for _ in range(50):
            self.assertEqual(json.loads(client.response()[2])["body"], "abc")
        self.assertEqual(server.accepted, 1)
        self.assertEqual(client.get("blog")[0], 200)

    def test_bodies_of_any_size_go_both_ways(self):
        def mirror(upstream, connection):
            while True:
                _, headers = read_request(connection)
                respond(connection, connection.exactly(int(headers["content-length"])))
        self.serve(mirror)
        for size in (1, 16383, 16384, 16385, 65536, 5_000_000):
            body = os.urandom(size)
            client = self.tls_client()
            sender = threading.Thread(target=client.send, args=(
                b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: %d\r\n\r\n" % size + body,))
            # An SSLSocket of Python is for one thread at a time: small ones are sent before reading.
            sender.start()
            sender.join(TIMEOUT)
            self.assertEqual(client.response()[2], body)

    def test_the_end_of_a_body_is_told_and_so_is_its_lack(self):
        def until_close(upstream, connection):
            line, _ = read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\n\r\nwhole")
            if "/broken" in line:
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.serve(until_close)
        client = self.tls_client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        client.until(b"\r\n\r\n")
        self.assertEqual(client.rest(), b"whole")  # close_notify: Python would raise without
        client = self.tls_client()
        client.send(b"GET /broken HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        with self.assertRaises(OSError):
            client.rest()
        self.assertIn("code=H18", self.router.control.wait_line("/broken")["text"])

    def test_a_client_that_hangs_up_in_its_body_is_told_apart(self):
        def waits(upstream, connection):
            read_request(connection)
            connection.rest()
        self.serve(waits)
        client = self.tls_client()
        client.send(b"POST /cut HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 100\r\n\r\nabc")
        client.close()
        self.assertIn("code=H27", self.router.control.wait_line("/cut")["text"])

    def test_a_websocket_goes_through(self):
        def websocket(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi")
            while connection.fill():
                data, connection.buffer = connection.buffer, b""
                connection.send(data.upper())
        self.serve(websocket)
        client = self.tls_client()
        client.send(b"GET /ws HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        status, headers = client.head()
        self.assertEqual((status, headers["upgrade"]), (101, "websocket"))
        self.assertEqual(client.exactly(2), b"hi")
        for size in (5, 100_000):
            client.send(b"x" * size)
            self.assertEqual(client.exactly(size), b"X" * size)
        client.close()
        self.assertIn("status=101", self.router.control.wait_line("/ws")["text"])

    def test_server_sent_events_come_at_once(self):
        def events(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for i in range(3):
                connection.send(b"9\r\ndata: %d\n\n\r\n" % i)
                connection.until(b"seen")  # of the client's body
            connection.send(b"0\r\n\r\n")
        self.serve(events)
        client = self.tls_client()
        client.send(b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 12\r\n\r\n")
        self.assertEqual(client.head()[0], 200)
        for i in range(3):
            self.assertEqual(client.exactly(14), b"9\r\ndata: %d\n\n\r\n" % i)
            client.send(b"seen")
        self.assertEqual(client.exactly(5), b"0\r\n\r\n")

    def test_a_host_beyond_the_certificate_is_refused(self):
        lines = []

        def remembers(upstream, connection):
            while True:
                lines.append(read_request(connection)[0])
                respond(connection, b"")
        self.serve(remembers)
        self.certificates(self.other.entry())
        self.assertEqual(self.tls_client("shop.localhost").get("blog")[0], 200)  # the certificate covers both
        status, _, body = self.tls_client("www.example.org").get("blog", "/h32")
        self.assertEqual(status, 495)
        self.assertIn(b"H32", body)
        line = self.router.control.wait_line("/h32")["text"]
        self.assertIn("at=error code=H32", line)
        self.assertEqual(self.tls_client(None).get("blog")[0], 200)  # it asked for no name
        self.assertEqual(lines, ["GET / HTTP/1.1"] * 2)

    def test_plain_requests_are_sent_to_https_and_hsts_is_added(self):
        server = self.upstream(echo_server("a"))
        secure = app("blog", [("dyno-1", server.endpoint)])
        secure.update(https_redirect=True, hsts_seconds=3600)
        self.table(secure)
        for method, status in (("GET", 301), ("HEAD", 301), ("POST", 308)):
            client = self.client()
            client.send(("%s /a?b=%s HTTP/1.1\r\nHost: Blog.localhost:%d\r\nContent-Length: 3\r\n\r\nabc"
                         % (method, method, self.router.port)).encode())
            got, headers, _ = client.response(to_head=method == "HEAD")
            self.assertEqual((got, headers["location"]),
                             (status, "https://blog.localhost:%d/a?b=%s" % (self.router.tls_port, method)))
        self.assertEqual(server.accepted, 0)
        self.assertIn("status=301", self.router.control.wait_line("/a?b=GET")["text"])
        self.assertEqual(self.tls_client().get("blog")[1]["strict-transport-security"], "max-age=3600")


class HandOver(TlsCase):
    def test_the_heir_has_the_certificates_and_resumes_sessions(self):
        self.start_router(own=False)
        self.serve(echo_server("a"))
        self.certificates(self.pem.entry())
        before = self.tls_client()
        self.assertEqual(before.get("blog")[0], 200)
        early = Client(self.router.tls_port)  # shakes hands when the old router has begun to leave
        self.addCleanup(early.close)
        old = self.router.process
        heir = subprocess.Popen(
            self.router.arguments("127.0.0.1:%d" % self.router.port) + ["--replace"], stderr=subprocess.DEVNULL)
        self.addCleanup(heir.wait, TIMEOUT)
        self.addCleanup(heir.send_signal, signal.SIGTERM)
        deadline = time.monotonic() + TIMEOUT
        while True:  # davitd connects again
            try:
                control = Control(self.router.control_path)
                if control.hello["pid"] == heir.pid:
                    break
                control.close()
            except (OSError, EOFError):
                pass
            self.assertLess(time.monotonic(), deadline)
            select_briefly()
        self.assertEqual(control.hello["certificates_version"], 1)
        early.socket = tls_context().wrap_socket(early.socket, server_hostname="blog.localhost")
        self.assertEqual(early.get("blog")[0], 200)
        after = self.tls_client(context=before.socket.context, session=before.socket.session)
        self.assertTrue(after.socket.session_reused)
        self.assertEqual(after.get("blog")[0], 200)
        self.assertEqual(before.get("blog")[1].get("connection"), "close")  # by the old one, its last
        self.router.control.close()
        self.router.control = control
        self.assertEqual(old.wait(TIMEOUT), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
