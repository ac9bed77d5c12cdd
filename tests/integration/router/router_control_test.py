"""The control channel of davit-router: changes of a table, gaps, older davitds, and what it counts."""
import json
import os
import time
import unittest

from harness import TIMEOUT, Client, Control, RouterCase, app, echo_server, read_request, respond, select_briefly

SPEAKS = 4


def with_id(route, app_id):
    route["id"] = app_id
    return route


class ControlTest(RouterCase):
    def setUp(self):
        self.start_router("--threads", "2")
        self.control = self.router.control

    def whole(self, version, *apps):
        self.control.send({"type": "set_table", "speaks": SPEAKS, "table": {
            "version": version, "control_hosts": [], "control": "unix:/nonexistent", "apps": list(apps)}})
        self.control.wait("applied", lambda e: e["table_version"] == version)

    def change(self, version, to, changed=(), removed=()):
        self.control.send({"type": "change_table", "change": {
            "from": version, "to": to, "changed": list(changed), "removed": list(removed)}})

    def applied(self, version):
        self.control.wait("applied", lambda e: e["table_version"] == version)

    def status(self, host):
        return self.client().get(host)[0]

    def test_apps_come_change_and_go_one_by_one(self):
        first, second = self.upstream(echo_server("first")), self.upstream(echo_server("second"))
        self.whole(1, with_id(app("blog", [("d1", first.endpoint)]), "a"))
        self.change(1, 2, [with_id(app("shop", [("d2", second.endpoint)]), "b")])
        self.applied(2)
        self.assertIn(b'"first"', self.client().get("blog")[2])
        self.assertIn(b'"second"', self.client().get("shop")[2])
        self.change(2, 3, [with_id(app("blog", [("d3", second.endpoint)]), "a")], ["b"])
        self.applied(3)
        for dyno in ("d1", "d2"):
            self.control.wait("drained", lambda e: e["dyno"] == dyno)
        self.assertIn(b'"second"', self.client().get("blog")[2])
        self.assertEqual(self.status("shop"), 404)
        # The file follows, and has the whole table.
        deadline = time.monotonic() + TIMEOUT
        while self.table_on_disk().get("version") != 3:
            self.assertLess(time.monotonic(), deadline)
            select_briefly()
        self.assertEqual([a["app"] for a in self.table_on_disk()["apps"]], ["blog"])

    def table_on_disk(self):
        if not os.path.exists(self.router.table_path):
            return {}
        with open(self.router.table_path) as file:
            return json.load(file)

    def test_the_last_change_is_on_disk_when_the_router_has_ended(self):
        self.whole(1)
        for version in range(1, 30):
            self.change(version, version + 1, [with_id(app("blog", state="crashed"), "a")])
            self.applied(version + 1)
        self.assertEqual(self.router.stop(), 0)
        self.assertEqual(self.table_on_disk()["version"], 30)

    def test_a_change_that_does_not_fit_asks_for_the_whole_table(self):
        self.whole(5, with_id(app("blog", state="crashed"), "a"))
        self.change(7, 8, [with_id(app("shop", state="crashed"), "b")])
        self.assertEqual(self.control.wait("need_table")["table_version"], 5)
        self.assertEqual(self.status("shop"), 404)
        self.assertEqual(self.status("blog"), 503)
        self.whole(9, with_id(app("shop", state="crashed"), "b"))
        self.change(9, 10, [], ["b"])
        self.applied(10)
        self.assertEqual(self.status("shop"), 404)

    def test_a_message_that_makes_no_sense_closes_the_connection_and_nothing_else(self):
        server = self.upstream(echo_server("a"))
        self.whole(1, with_id(app("blog", [("d", server.endpoint)]), "a"))
        for nonsense in ({"type": "change_table"}, {"type": "change_table", "change": {"from": -1}}, {"type": "?"},
                         {"type": "change_table", "change": {"from": 1, "to": 2, "changed": [app("x")], "removed": []}}):
            self.control.send(nonsense)
            with self.assertRaises((EOFError, OSError)):
                while True:
                    self.control.read()
            self.control.close()
            self.router.connect()
            self.control = self.router.control
            self.assertEqual(self.control.hello["table_version"], 1)
            self.assertEqual(self.status("blog"), 200)

    def gather(self, enough):
        """Adds up metrics until `enough(totals)`; totals by dyno name, and each app's last in_flight."""
        totals, deadline = {}, time.monotonic() + TIMEOUT
        while True:
            self.assertLess(time.monotonic(), deadline, totals)
            for told in self.control.wait("metrics")["apps"]:
                totals["in_flight"] = told["in_flight"]
                for each in told["traffic"]:
                    sum_ = totals.setdefault(each["dyno"], {"statuses": [0] * 6, "service": 0, "queue": 0,
                                                            "bytes_in": 0, "bytes_out": 0})
                    sum_["statuses"] = [a + b for a, b in zip(sum_["statuses"], each["statuses"])]
                    for name in ("service", "queue"):
                        sum_[name] += sum(each[name][1::2])
                    for name in ("bytes_in", "bytes_out"):
                        sum_[name] += each[name]
            if enough(totals):
                return totals

    def test_traffic_is_counted_by_dyno_whatever_becomes_of_the_log(self):
        def serve(upstream, connection):
            while True:
                line, headers = read_request(connection)
                body = connection.exactly(int(headers.get("content-length", "0")))
                status = "404 Not Found" if "missing" in line else "200 OK"
                respond(connection, b"x" * 100 + body, status)
        server = self.upstream(serve)
        self.whole(1, with_id(app("blog", [("d", server.endpoint)]), "a"), with_id(app("down", state="crashed"), "b"))
        for i in range(20):
            client = Client(self.router.port)  # on any thread
            client.send(b"POST / HTTP/1.1\r\nHost: blog.localhost\r\nContent-Length: 7\r\n\r\n1234567")
            self.assertEqual(client.response()[0], 200)
            client.close()
        for i in range(5):
            self.assertEqual(self.client().get("blog", "/missing")[0], 404)
        # Nothing of the log was acknowledged.
        totals = self.gather(lambda t: sum(t.get("web.1", {"statuses": [0]})["statuses"]) == 25)
        self.assertEqual(totals["web.1"], {"statuses": [0, 0, 20, 0, 5, 0], "service": 25, "queue": 0,
                                           "bytes_in": 140, "bytes_out": 25 * 100 + 140})
        self.assertEqual(self.status("down"), 503)
        totals = self.gather(lambda t: "" in t)
        self.assertEqual(totals[""]["statuses"], [0, 0, 0, 0, 0, 1])

    def test_a_tunnel_is_counted_while_it_is_open(self):
        def serve(upstream, connection):
            read_request(connection)
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            while True:
                connection.send(connection.exactly(10) * 2)
        server = self.upstream(serve)
        self.whole(1, with_id(app("blog", [("d", server.endpoint)]), "a"))
        client = self.client()
        client.send(b"GET / HTTP/1.1\r\nHost: blog.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        self.assertEqual(client.head()[0], 101)
        for _ in range(5):
            client.send(b"0123456789")
            client.exactly(20)
        totals = self.gather(lambda t: t.get("web.1", {}).get("bytes_out") == 100)
        self.assertEqual(totals["web.1"]["bytes_in"], 50)
        self.assertEqual(totals["in_flight"], 1)
        self.assertEqual(sum(totals["web.1"]["statuses"]), 0)
        client.close()
        totals = self.gather(lambda t: sum(t.get("web.1", {"statuses": [0]})["statuses"]) == 1)
        self.assertEqual(totals["web.1"], {"statuses": [0, 1, 0, 0, 0, 0], "service": 0, "queue": 0,
                                           "bytes_in": 0, "bytes_out": 0})
        self.assertEqual(totals["in_flight"], 0)

    def test_an_older_davitd_is_told_nothing_that_it_does_not_know(self):
        server = self.upstream(echo_server("a"))
        self.table(app("blog", [("d", server.endpoint)]))
        self.assertEqual(self.status("blog"), 200)
        again = Control(self.router.control_path)
        self.control.close()
        self.router.control = self.control = again
        self.table(app("blog", [("d", server.endpoint)]))
        self.assertEqual(self.status("blog"), 200)
        # Its end is when it tells all that it has.
        self.router.process.send_signal(15)
        try:
            while True:
                event = again.read()
                again.events.append(event)
                if event["type"] == "log":
                    again.send({"type": "ack_log", "sequence": event["lines"][-1]["sequence"]})
        except (EOFError, OSError):
            pass
        # A second SIGTERM, of the harness, would meet a process that no longer listens for it.
        self.router.process.wait(TIMEOUT)
        self.assertNotIn("metrics", [event["type"] for event in again.events])


if __name__ == "__main__":
    unittest.main()
