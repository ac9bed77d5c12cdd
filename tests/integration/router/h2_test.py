"""HTTP/2 from the outside: good clients (curl, node, h2load), and one that does what none of them does."""
import json
import os
import re
import shutil
import struct
import subprocess
import threading
import unittest
import unittest.mock

import h2_client as h2
from h2_client import H2Client
from harness import TIMEOUT, app, echo_server, read_request, respond, select_briefly
from tls_harness import TlsCase, TlsClient, tls_context


def read_body(connection, headers):
    """A request's body and its trailers."""
    if headers.get("transfer-encoding") != "chunked":
        return connection.exactly(int(headers.get("content-length", "0"))), []
    body = b""
    while True:
        size = int(connection.until(b"\r\n"), 16)
        if size == 0:
            trailers = []
            while line := connection.until(b"\r\n"):
                trailers.append(line.decode())
            return body, trailers
        body += connection.exactly(size)
        connection.exactly(2)


class H2Case(TlsCase):
    def start_router(self, *flags, **kwargs):
        # What a sanitizer keeps of freed memory is not the router's.
        with unittest.mock.patch.dict(os.environ, {"ASAN_OPTIONS": "quarantine_size_mb=1"}):
            super().start_router(*flags, **kwargs)

    def connect(self, settings=(), **kwargs):
        client = H2Client(self.router.tls_port, settings, **kwargs)
        self.addCleanup(client.close)
        return client

    def memory(self):
        with open("/proc/%d/status" % self.router.process.pid) as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) * 1024

    def assert_grew_less(self, before, size):
        with open("/proc/%d/exe" % self.router.process.pid, "rb") as program:
            if b"__tsan_init" not in program.read():  # it keeps several bytes for each
                self.assertLess(self.memory() - before, size)

    def line(self, text):
        return self.router.control.wait_line(text)["text"]


class Clients(H2Case):
    def setUp(self):
        self.start_router()

    def curl(self, *args, path="/"):
        done = subprocess.run(
            ["curl", "-sS", "-k", "--http2", "--max-time", str(TIMEOUT), "--resolve",
             "blog.localhost:%d:127.0.0.1" % self.router.tls_port, *args,
             "https://blog.localhost:%d%s" % (self.router.tls_port, path)], capture_output=True, timeout=2 * TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def node(self, script, *args):
        if not shutil.which("node"):
            self.skipTest("node is not installed")
        done = subprocess.run(
            ["node", "-e", "const http2 = require('http2');\nconst session = http2.connect("
             "'https://blog.localhost:%d', {rejectUnauthorized: false, lookup: (h, o, done) => o && o.all ? "
             "done(null, [{address: '127.0.0.1', family: 4}]) : done(null, '127.0.0.1', 4)});\n%s"
             % (self.router.tls_port, script), *args], capture_output=True, text=True, timeout=2 * TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_curl_gets_posts_and_asks_for_heads(self):
        self.serve(echo_server("a"))
        seen = json.loads(self.curl("-H", "Cookie: a=1; b=2", path="/get?x=y"))
        self.assertEqual(seen["line"], "GET /get?x=y HTTP/1.1")
        self.assertEqual(seen["headers"]["host"], "blog.localhost:%d" % self.router.tls_port)
        self.assertEqual(seen["headers"]["cookie"], "a=1; b=2")
        self.assertEqual(seen["headers"]["x-forwarded-proto"], "https")
        self.assertEqual(seen["headers"]["via"], "2.0 davit")
        self.assertEqual(json.loads(self.curl("-d", "hello"))["body"], "hello")
        self.assertTrue(self.curl("-I").startswith(b"HTTP/2 200"))
        self.assertTrue(self.line("/get").endswith("status=200 bytes=%d protocol=http2 tls=true tls_version=tls1.3"
                                                   % len(json.dumps(seen))))

    def test_a_browser_stays_with_its_dyno(self):
        servers = [self.upstream(echo_server(name)) for name in "abc"]
        self.table(dict(app("blog", [("id-" + name, server.endpoint) for name, server in zip("abc", servers)]),
                        affinity_key="secret"))
        head, _, body = self.curl("-i").partition(b"\r\n\r\n")
        found = re.search(rb"set-cookie: (davit_dyno=[0-9a-f]{24}); Path=/; HttpOnly; SameSite=Lax; Secure", head)
        self.assertTrue(found, head)
        mine = json.loads(body)["name"]
        # A browser may send each cookie as a field of its own (RFC 9113 8.2.3).
        client = self.connect()
        for crumbs in ([b"theme=dark; " + found.group(1)], [b"theme=dark", found.group(1)]):
            for _ in range(6):
                block = h2.request(extra=[("cookie", crumb) for crumb in crumbs])
                self.assertEqual(json.loads(client.response(client.open(block))[1])["name"], mine)

    def test_large_bodies_go_both_ways(self):
        def mirror(upstream, connection):
            while True:
                _, headers = read_request(connection)
                respond(connection, read_body(connection, headers)[0])
        self.serve(mirror)
        path = os.path.join(self.folder, "large")
        with open(path, "wb") as out:
            out.write(os.urandom(20_000_000))
        for more in ((), ("-H", "Content-Length:")):  # by length, and chunked to the app
            answer = self.curl("-H", "Expect:", "--data-binary", "@" + path, *more)
            with open(path, "rb") as sent:
                self.assertEqual(answer, sent.read())

    def test_trailers_go_both_ways_and_messages_at_once(self):
        """As gRPC talks: a message, its answer, another message, and the status in trailers."""
        def talk(upstream, connection):
            _, headers = read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n")
            while True:
                size = int(connection.until(b"\r\n"), 16)
                if size == 0:
                    trailers = connection.until(b"\r\n\r\n")
                    break
                message = connection.exactly(size)
                connection.exactly(2)
                connection.send(b"%x\r\n%s\r\n" % (len(message), message.upper()))
            connection.send(b"0\r\ngrpc-status: 0\r\ngrpc-message: %s\r\n\r\n" % trailers.replace(b": ", b"="))
        self.serve(talk)
        told = self.node("""
            const request = session.request({':method': 'POST', ':path': '/rpc', 'te': 'trailers'},
                                            {waitForTrailers: true, endStream: false});
            const told = {messages: []};
            let left = 5;
            request.on('wantTrailers', () => request.sendTrailers({'checksum': '42'}));
            request.on('data', data => {
              told.messages.push(data.toString());
              if (--left > 0) request.write('hello ' + left); else request.end();
            });
            request.on('trailers', trailers => { told.trailers = {...trailers}; });
            request.on('end', () => { console.log(JSON.stringify(told)); session.close(); });
            request.write('hello ' + left);""")
        self.assertEqual(told["messages"], ["HELLO %d" % i for i in (5, 4, 3, 2, 1)])
        self.assertEqual(told["trailers"], {"grpc-status": "0", "grpc-message": "checksum=42"})

    def test_hints_come_before_their_response(self):
        def hints(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                            b"HTTP/1.1 204 No Content\r\nConnection: x-gone\r\nX-Gone: 1\r\nX-Kept: 1\r\n\r\n")
        self.serve(hints)
        told = self.node("""
            const request = session.request({':path': '/'});
            const told = {};
            request.on('headers', headers => { told.hint = [headers[':status'], headers.link]; });
            request.on('response', headers => { told.response = {...headers}; });
            request.on('data', () => {});
            request.on('end', () => { console.log(JSON.stringify(told)); session.close(); });""")
        self.assertEqual(told["hint"], [103, "</a>"])
        self.assertEqual(told["response"], {":status": 204, "x-kept": "1", "via": "1.1 davit"})

    def test_continue_is_answered(self):
        self.serve(echo_server("a"))
        told = self.node("""
            const request = session.request({':method': 'POST', ':path': '/', 'expect': '100-continue',
                                             'content-length': '5'}, {endStream: false});
            let body = '';
            request.on('continue', () => request.end('hello'));
            request.on('data', data => { body += data; });
            request.on('end', () => { console.log(body); session.close(); });""")
        self.assertEqual(told["body"], "hello")

    def test_events_come_at_once(self):
        def events(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for i in range(3):
                connection.send(b"data: %d\n\n" % i)
                self.assertTrue(seen[i].wait(TIMEOUT))
        self.serve(events)
        seen = [threading.Event() for _ in range(3)]
        client = self.connect()
        stream = client.open()
        self.assertEqual(client.wait(h2.HEADERS, stream=stream).status, 200)
        for i in range(3):
            self.assertEqual(client.wait(h2.DATA, stream=stream).payload, b"data: %d\n\n" % i)
            seen[i].set()
        self.assertTrue(client.wait(h2.DATA, stream=stream).ends)

    def test_h2load_loses_nothing_while_tables_are_switched(self):
        if not shutil.which("h2load"):
            self.skipTest("h2load is not installed (Debian: nghttp2-client)")
        servers = [self.upstream(echo_server("a")) for _ in range(2)]
        self.table(app("blog", [("dyno-0", servers[0].endpoint)]))
        load = subprocess.Popen(["h2load", "-n", "4000", "-c", "4", "-m", "20", "--connect-to",
                                 "127.0.0.1:%d" % self.router.tls_port, "https://blog.localhost/"],
                                stdout=subprocess.PIPE, text=True)
        switches = 0
        while load.poll() is None:
            switches += 1
            self.table(app("blog", [("dyno-%d" % switches, servers[switches % 2].endpoint)]))
            select_briefly()
        with load.stdout as out:
            self.assertIn("4000 succeeded, 0 failed, 0 errored", out.read())
        self.assertGreater(switches, 2)


class Streams(H2Case):
    def setUp(self):
        self.start_router()

    def test_a_reset_is_a_client_that_left(self):
        began, left = threading.Event(), threading.Event()

        def waits(upstream, connection):
            read_request(connection)
            began.set()
            connection.rest()
            left.set()
        self.serve(waits)
        client = self.connect()
        stream = client.open(h2.request("/left"))
        self.assertTrue(began.wait(TIMEOUT))
        client.reset(stream)
        line = self.line("/left")
        self.assertIn("code=H27", line)
        self.assertIn("status=499", line)
        self.assertTrue(left.wait(TIMEOUT))

    def test_one_stream_broken_by_its_app_leaves_the_others(self):
        def sometimes(upstream, connection):
            line, _ = read_request(connection)
            if "/broken" in line:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            else:
                respond(connection, b"fine")
        self.serve(sometimes)
        client = self.connect()
        broken = client.open(h2.request("/broken"))
        self.assertEqual(client.wait(h2.RST_STREAM, stream=broken).error, h2.INTERNAL_ERROR)
        self.assertEqual(client.response(client.open()), (200, b"fine"))
        self.assertIn("code=H18", self.line("/broken"))

    def test_an_answer_before_the_end_of_the_request_stops_the_upload(self):
        def early(upstream, connection):
            read_request(connection)
            respond(connection, b"enough")
        self.serve(early)
        client = self.connect()
        stream = client.open(h2.request(method="POST"), ends=False)
        client.frame(h2.DATA, 0, stream, b"x" * 1000)
        self.assertEqual(client.response(stream), (200, b"enough"))
        self.assertEqual(client.wait(h2.RST_STREAM, stream=stream).error, h2.NO_ERROR)
        client.frame(h2.DATA, 0, stream, b"x" * 1000)  # was on its way
        self.assertEqual(client.response(client.open())[0], 200)

    def test_the_router_s_own_pages(self):
        self.serve(echo_server("a"))
        client = self.connect()
        status, body = client.response(client.open(h2.request(host="nobody.localhost")))
        self.assertEqual(status, 404)
        self.assertIn(b"There is no app", body)
        self.assertEqual(client.response(client.open(h2.request(host="nobody.localhost", method="HEAD"))), (404, b""))

    def test_malformed_requests_never_reach_an_app(self):
        server = self.serve(echo_server("a"))
        client = self.connect()
        for block in (h2.request(extra=[("host", "other.localhost")]), h2.request("/a b"), h2.request("/a\r\nx: y"),
                      h2.request(host="user@blog.localhost"), h2.request(extra=[("x", "a\r\nhost: b")]),
                      h2.request(extra=[("content-length", "-5")]), h2.request(extra=[("bad name", "x")]),
                      h2.request(extra=[("connection", "close")]), h2.request(extra=[("transfer-encoding", "chunked")]),
                      h2.request(extra=[("X-Upper", "x")]), h2.request(extra=[("x", "y" * 9000)])):
            stream = client.open(block)
            frame = client.wait(h2.HEADERS, h2.RST_STREAM, stream=stream)
            refused = frame.status == 400 if frame.kind == h2.HEADERS else frame.error == h2.PROTOCOL_ERROR
            self.assertTrue(refused, (block, frame))
        self.assertEqual(server.accepted, 0)
        self.assertEqual(client.response(client.open())[0], 200)

    def test_a_host_beyond_the_certificate_is_misdirected(self):
        self.serve(echo_server("a"))
        self.certificates(self.other.entry())
        client = self.connect(name="www.example.org")
        stream = client.open(h2.request("/h31"))
        self.assertIsNone(client.wait(h2.HEADERS, stream=stream).status)  # 421 has no byte of its own
        self.assertIn("code=H31", self.line("/h31"))

    def test_uploads_wait_for_their_app(self):
        taken = []

        def slow(upstream, connection):
            _, headers = read_request(connection)
            self.assertTrue(upstream.release.wait(TIMEOUT))
            taken.append(len(read_body(connection, headers)[0]))
            respond(connection, b"done")
        server = self.serve(slow)
        before = self.memory()
        client = self.connect()
        stream = client.open(h2.request(method="POST"), ends=False)
        client.wait(h2.WINDOW_UPDATE, stream=0)
        sent, window, total = 0, 65535, 30_000_000
        part = b"x" * 16000
        client.socket.settimeout(1)
        try:  # until nothing is given back: the app's socket buffers are full
            while sent < total:
                while window < len(part):
                    frame = client.wait(h2.WINDOW_UPDATE, stream=stream)
                    window += struct.unpack(">I", frame.payload)[0]
                client.frame(h2.DATA, 0, stream, part)
                sent, window = sent + len(part), window - len(part)
        except TimeoutError:
            pass
        client.socket.settimeout(TIMEOUT)
        self.assertLess(sent, total)
        self.assert_grew_less(before, 6_000_000)
        server.release.set()
        client.frame(h2.DATA, h2.END_STREAM, stream)
        self.assertEqual(client.response(stream)[1], b"done")
        self.assertEqual(taken, [sent])

    def test_clients_that_take_nothing_hold_a_block_each(self):
        def large(upstream, connection):
            read_request(connection)
            respond(connection, b"x" * 3_000_000)
        server = self.serve(large)
        before = self.memory()
        client = self.connect([(h2.INITIAL_WINDOW_SIZE, 0)])
        streams = [client.open() for _ in range(100)]
        for _ in streams:
            client.wait(h2.HEADERS)
        self.assertEqual(server.accepted, 100)
        self.assert_grew_less(before, 100 * 3 * 70_000 + 8_000_000)
        client.widen(3_000_000, streams[7], 0)
        self.assertEqual(client.response(streams[7]), (None, b"x" * 3_000_000))  # its head came above

    def test_only_so_many_streams_at_once(self):
        self.table(app("blog", state="starting"))
        client = self.connect()  # which has not heard of the limit yet
        streams = [client.open() for _ in range(101)]
        refused = client.wait(h2.RST_STREAM)
        self.assertEqual((refused.stream, refused.error), (streams[100], h2.REFUSED_STREAM))
        server = self.upstream(echo_server("a"))
        self.table(app("blog", [("dyno-1", server.endpoint)]))
        for _ in range(100):
            self.assertEqual(client.wait(h2.HEADERS).status, 200)


class TimeLimits(H2Case):
    def test_a_client_that_takes_nothing_is_h28(self):
        self.start_router("--stream-idle-timeout", "300ms")

        def large(upstream, connection):
            read_request(connection)
            respond(connection, b"x" * 300_000)
            upstream.release.wait(TIMEOUT)
        self.serve(large)
        client = self.connect([(h2.INITIAL_WINDOW_SIZE, 10)])
        stream = client.open(h2.request("/slow"))
        client.wait(h2.RST_STREAM, stream=stream)
        self.assertIn("code=H28", self.line("/slow"))

    def test_idle_connections_get_a_goodbye(self):
        self.start_router("--keep-alive-timeout", "300ms")
        self.serve(echo_server("a"))
        client = self.connect()
        self.assertEqual(client.response(client.open())[0], 200)
        self.assertEqual(client.wait(h2.GOAWAY).error, h2.NO_ERROR)
        self.assertEqual(client.rest(), b"")

    def test_fields_that_never_end_and_silence_are_cut(self):
        self.start_router("--head-timeout", "300ms")
        client = self.connect()
        client.wait(h2.SETTINGS)
        client.frame(h2.HEADERS, h2.END_STREAM, 1, h2.request())
        self.assertEqual(client.wait(h2.GOAWAY).error, h2.ENHANCE_YOUR_CALM)
        silent = TlsClient(self.router.tls_port, context=tls_context(("h2",)))
        self.addCleanup(silent.close)
        silent.rest()


class Leaving(H2Case):
    def test_sigterm_says_goodbye_and_finishes_what_runs(self):
        self.start_router()
        began = threading.Event()

        def slow(upstream, connection):
            read_request(connection)
            began.set()
            self.assertTrue(upstream.release.wait(TIMEOUT))
            respond(connection, b"done")
        server = self.serve(slow)
        client, idle = self.connect(), self.connect()
        idle.wait(h2.SETTINGS)
        stream = client.open()
        self.assertTrue(began.wait(TIMEOUT))
        self.router.process.terminate()
        goodbye = client.wait(h2.GOAWAY)
        self.assertEqual((goodbye.error, goodbye.payload[:4]), (h2.NO_ERROR, b"\x7f\xff\xff\xff"))
        late = client.open()  # was on its way
        self.assertEqual(client.wait(h2.GOAWAY).payload[:4], struct.pack(">I", late))
        server.release.set()
        for _ in range(2):
            self.assertEqual(client.wait(h2.HEADERS).status, 200)
        self.router.control.close()  # nobody acknowledges the last lines
        self.assertEqual(self.router.process.wait(TIMEOUT), 0)


class Floods(H2Case):
    """Each ends its own connection alone."""

    def setUp(self):
        self.start_router()
        self.table(app("blog", state="starting"))  # requests wait
        self.bystander = self.connect()
        self.bystander_stream = self.bystander.open()

    def tearDown(self):
        server = self.upstream(echo_server("a"))
        self.table(app("blog", [("dyno-1", server.endpoint)]))
        self.assertEqual(self.bystander.response(self.bystander_stream)[0], 200)

    def flood(self, each, count=20_000):
        """Whether the router ends a connection on which these bytes come again and again."""
        client = self.connect()
        try:
            for start in range(0, count, 100):
                client.send(b"".join(each(client, i) for i in range(start, start + 100)))
            while True:
                frame = client.wait(h2.GOAWAY)
                self.assertEqual(frame.error, h2.ENHANCE_YOUR_CALM)
                return
        except TimeoutError:  # an OSError, too: it hid that unknown frames were not counted
            self.fail("the flood goes on")
        except (EOFError, OSError):
            return  # we wrote on after the end

    def test_rapid_reset(self):
        def each(client, i):
            stream = 1 + 2 * i
            return (client.bytes_of(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, stream, h2.request()) +
                    client.bytes_of(h2.RST_STREAM, 0, stream, struct.pack(">I", h2.CANCEL)))
        self.flood(each, 2000)

    def test_requests_that_make_the_router_reset(self):
        def each(client, i):
            block = h2.request(extra=[("connection", "close")])
            return client.bytes_of(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, 1 + 2 * i, block)
        self.flood(each, 2000)

    def test_settings(self):
        self.flood(lambda client, i: client.bytes_of(h2.SETTINGS, 0, 0, struct.pack(">HI", 4, 65535)))

    def test_pings(self):
        self.flood(lambda client, i: client.bytes_of(h2.PING, 0, 0, b"12345678"))

    def test_priorities(self):
        self.flood(lambda client, i: client.bytes_of(h2.PRIORITY, 0, 1001, b"\0\0\0\0\x10"))

    def test_unknown_frames(self):
        self.flood(lambda client, i: client.bytes_of(77, 0, 0))

    def test_window_updates(self):
        self.flood(lambda client, i: client.bytes_of(h2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)))

    def test_empty_data(self):
        def each(client, i):
            head = client.bytes_of(h2.HEADERS, h2.END_HEADERS, 1, h2.request(method="POST")) if i == 0 else b""
            return head + client.bytes_of(h2.DATA, 0, 1)
        self.flood(each)

    def test_continuations(self):
        def each(client, i):
            if i == 0:
                return client.bytes_of(h2.HEADERS, 0, 1, h2.request())
            return client.bytes_of(h2.CONTINUATION, 0, 1, h2.fields(("x", "y" * 10)))
        before = self.memory()
        self.flood(each)
        self.assert_grew_less(before, 3_000_000)

    def test_a_header_bomb(self):
        """One large field in the table, named by one byte a thousand times over."""
        client = self.connect()
        bomb = b"\x40" + h2.hpack_string("x") + h2.hpack_string("y" * 3000)
        before = self.memory()
        for i in range(50):
            block = h2.request() + (bomb if i == 0 else b"") + b"\xbe" * 10_000
            stream = client.open(block)
            self.assertEqual(client.wait(h2.HEADERS, stream=stream).status, 400)
        self.assert_grew_less(before, 3_000_000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
