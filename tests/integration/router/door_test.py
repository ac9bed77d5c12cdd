"""davit-router and the doors of real davit-dynos: connections that are made inside and passed on."""
import json
import os
import threading
import unittest

from dyno import Dyno
from harness import Client, Router, app, select_briefly


class DoorTest(unittest.TestCase):
    def setUp(self):
        self.router = Router()
        self.addCleanup(self.router.close)
        self.version = 0

    def dyno(self, number, address="127.0.0.1"):
        dyno = Dyno("dyno-%d" % number, "web.%d" % number, address)
        self.addCleanup(dyno.close)
        return dyno

    def client(self):
        client = Client(self.router.port)
        self.addCleanup(client.close)
        return client

    def table(self, *dynos):
        self.version += 1
        routes = [(os.path.basename(endpoint), endpoint) for endpoint in dynos]
        self.router.control.set_table(self.version, [app("blog", routes)])

    def test_requests_reach_the_app_and_share_its_connection(self):
        self.table(self.dyno(1).endpoint)
        client = self.client()
        for _ in range(5):
            status, _, body = client.get("blog", "/", "X-Forwarded-For: 9.9.9.9\r\n")
            seen = json.loads(body)
            self.assertEqual((status, seen["name"], seen["peer"]), (200, "web.1", "127.0.0.1"))
            self.assertEqual(seen["headers"]["X-Forwarded-For"], "9.9.9.9, 127.0.0.1")
            self.assertEqual(seen["headers"]["Host"], "blog.localhost")
        self.assertEqual(seen["connections"], 1)

    def test_an_app_that_listens_on_ipv6_alone_is_reached(self):
        self.table(self.dyno(1, "::1").endpoint)
        self.assertEqual(self.client().get("blog")[0], 200)

    def test_dynos_share_one_port_and_the_requests(self):
        dynos = [self.dyno(number) for number in (1, 2)]
        self.table(*(dyno.endpoint for dyno in dynos))
        names = set()
        for _ in range(40):
            client = Client(self.router.port)
            names.add(json.loads(client.get("blog")[2])["name"])
            client.close()
        self.assertEqual(names, {"web.1", "web.2"})

    def test_many_clients_at_once_are_all_served(self):
        self.table(self.dyno(1).endpoint)
        answers = []

        def ask():
            client = Client(self.router.port)
            answers.append(client.get("blog")[0])
            client.close()

        threads = [threading.Thread(target=ask) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [200] * 100)

    def test_a_killed_davit_dyno_fails_no_request_while_another_serves(self):
        dynos = [self.dyno(number) for number in (1, 2)]
        self.table(*(dyno.endpoint for dyno in dynos))
        client = self.client()
        for _ in range(20):
            self.assertEqual(client.get("blog")[0], 200)
        dynos[0].kill()
        # Its app may still answer in the instant before the kernel ends it too.
        last_of_the_killed, count = 0, 0
        while count < last_of_the_killed + 60:
            status, _, body = client.get("blog")
            count += 1
            self.assertEqual(status, 200)
            if json.loads(body)["name"] == "web.1":
                last_of_the_killed = count

    def test_a_door_that_never_was_is_a_refused_connection(self):
        self.table("dyno:" + os.path.join(self.router.dir, "nobody.net"))
        client = self.client()
        client.send(b"GET /gone HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        # The request waits for its dyno's quarantine to end, as for any that refuses.
        dyno = self.dyno(1)
        self.table(dyno.endpoint)
        self.assertEqual(client.response()[0], 200)

    def test_a_dyno_that_leaves_the_table_keeps_no_connection_of_the_router(self):
        dyno = self.dyno(1)
        self.table(dyno.endpoint)
        self.assertEqual(self.client().get("blog")[0], 200)
        self.assertEqual(connections_to(dyno.endpoint), 1)
        self.table()
        while connections_to(dyno.endpoint) != 0:
            select_briefly()

    def test_routers_beside_each_other_use_one_door(self):
        dyno = self.dyno(1)
        other = Router()
        self.addCleanup(other.close)
        for router in (self.router, other):
            router.control.set_table(1, [app("blog", [("dyno-1", dyno.endpoint)])])
        for router in (self.router, other):
            client = Client(router.port)
            self.addCleanup(client.close)
            self.assertEqual(client.get("blog")[0], 200)


def connections_to(endpoint):
    """Accepted connections at a door: sockets with its path that do not listen."""
    path = endpoint.partition(":")[2]
    with open("/proc/net/unix", encoding="utf8") as table:
        lines = [line.split() for line in table if line.rstrip().endswith(path.rpartition("/")[2])]
    return sum(1 for fields in lines if fields[3] != "00010000")


if __name__ == "__main__":
    unittest.main(verbosity=2)
