"""What visitors meet while an app does not answer: pages, and waiting while it is paused."""
import json
import threading
import time
import unittest

from harness import RouterCase, app, echo_server


class RouterPagesTest(RouterCase):
    def setUp(self):
        self.start_router()

    def test_people_get_a_page_and_machines_get_json(self):
        self.table(app("blog", state="crashed"))
        client = self.client()
        status, headers, body = client.get("blog")
        self.assertEqual((status, headers["content-type"]), (503, "text/html; charset=utf-8"))
        self.assertIn(b"H10", body)
        status, headers, body = client.get("blog", extra="Accept: application/json\r\n")
        self.assertEqual((status, headers["content-type"]), (503, "application/json"))
        self.assertEqual(json.loads(body)["id"], "H10")

    def test_an_app_may_have_pages_of_its_own(self):
        pages = {"error_page": "<p>sorry</p>", "maintenance_page": "<p>be right back</p>"}
        self.table({**app("blog", state="crashed"), **pages}, {**app("shop", maintenance=True), **pages},
                   {**app("bare", maintenance=True), "error_page": "<p>sorry</p>"})
        client = self.client()
        self.assertEqual(client.get("blog")[::2], (503, b"<p>sorry</p>"))
        self.assertEqual(client.get("shop")[::2], (503, b"<p>be right back</p>"))
        self.assertIn(b"under maintenance", client.get("bare")[2])
        client.send(b"HEAD / HTTP/1.1\r\nHost: blog.localhost\r\n\r\n")
        self.assertEqual(client.response(to_head=True)[1]["content-length"], "12")
        # A machine, and a request that is at fault itself.
        self.assertEqual(json.loads(client.get("blog", extra="Accept: application/json\r\n")[2])["id"], "H10")
        self.assertNotIn(b"sorry", client.get("blog", extra="A : b\r\n")[2])

    def test_a_paused_app_keeps_its_visitors_waiting_and_loses_none(self):
        server = self.upstream(echo_server("a"))
        blog = app("blog", [("dyno-1", server.endpoint)])

        def paused(seconds):
            return {**blog, "paused_until_ms": int((time.time() + seconds) * 1000)}
        self.table(paused(60))
        answers = []

        def visit():
            client = self.client()
            answers.append(client.get("blog")[0])
        visitors = [threading.Thread(target=visit) for _ in range(20)]
        for visitor in visitors:
            visitor.start()
        visitors[0].join(0.3)
        self.assertEqual((answers, server.accepted), ([], 0))
        self.table(blog)  # resumed
        for visitor in visitors:
            visitor.join(10)
        self.assertEqual(answers, [200] * 20)
        self.assertIn("queue=", self.router.control.wait_line("status=200")["text"])
        # It ends by itself, also where davitd is away.
        self.table(paused(1))
        begin = time.monotonic()
        self.assertEqual(self.client().get("blog")[0], 200)
        self.assertGreater(time.monotonic() - begin, 0.5)
        self.table(paused(-1))
        self.assertEqual(self.client().get("blog")[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
