"""HTTPS by davit.toml: certificates reach the router, and every router that takes its place."""
import signal
import socket
import ssl
import subprocess
import unittest

from davit_e2e import Davit, wait_until


class Https(unittest.TestCase):
    def setUp(self):
        self.davit = Davit()
        self.addCleanup(self.davit.close)
        self.davit.data.mkdir()
        for name, hosts in (("wild", "DNS:localhost,DNS:*.localhost"), ("other", "DNS:other.example.org")):
            self.make(name, hosts)
        (self.davit.data / "davit.toml").write_text("[router]\nhttps_listen = [\"127.0.0.1:0\"]\n")
        self.name("wild", "other")

    def make(self, name, hosts):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", self.davit.folder / (name + ".key"), "-out", self.davit.folder / (name + ".pem"),
             "-subj", "/CN=" + name, "-addext", "subjectAltName=" + hosts], check=True, capture_output=True)

    def https_port(self):
        """Of the listening sockets that the router's process has, the one that is not the plain port."""
        shown = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
        ports = {int(line.split()[3].rpartition(":")[2]) for line in shown.splitlines()
                 if "pid=%d," % self.davit.router_pid in line}
        return (ports - {self.davit.port}).pop()

    def served(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.davit.folder / "wild.pem")
        context.load_verify_locations(self.davit.folder / "other.pem")
        with socket.create_connection(("127.0.0.1", self.https_port()), 30) as plain:
            with context.wrap_socket(plain, server_hostname=name) as client:  # verifies the name
                client.sendall(b"GET /schema HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                               .replace(b"localhost", name.encode()))
                return int(client.recv(4096).split()[1])

    def test_it_is_served_by_each_router(self):
        self.davit.start()
        port = self.https_port()
        self.assertNotEqual(self.served("localhost"), 404)  # the API
        self.assertEqual(self.served("other.example.org"), 404)  # the router: no such app
        self.davit.kill()
        self.davit.start()  # adopts the router
        self.assertEqual(self.https_port(), port)
        self.assertNotEqual(self.served("localhost"), 404)
        subprocess.run(["kill", "-9", str(self.davit.router_pid)], check=True)
        before = self.davit.log_text().count("router connected")
        wait_until("another router runs", lambda: self.davit.log_text().count("router connected") > before)

        def served():
            try:
                with socket.create_connection(("127.0.0.1", port), 30) as plain:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                    context.load_verify_locations(self.davit.folder / "wild.pem")
                    context.wrap_socket(plain, server_hostname="localhost").close()
                    return True
            except OSError:
                return False
        wait_until("it has the certificates", served)

    def test_apps_say_what_plain_http_gets_and_files_are_read_again(self):
        self.davit.start()
        self.davit.create("shop")
        self.davit.api("PATCH", "/apps/shop/routing", {"https_redirect": True, "hsts_seconds": 31536000})

        def plain():
            answer = self.davit.get("shop", "/path?q")
            return answer if answer.status == 301 else None
        moved = wait_until("plain requests are sent to HTTPS", plain)
        self.assertEqual(moved.headers["location"], f"https://shop.localhost:{self.https_port()}/path?q")
        self.davit.api("PATCH", "/apps/shop/routing", {"https_redirect": False})
        wait_until("they are served again", lambda: self.davit.get("shop").status == 503)

        # Renewed while davitd runs: another certificate under the same name; first its chain alone, as if half done.
        before = self.certificate("localhost")
        (self.davit.folder / "wild.pem").write_bytes((self.davit.folder / "other.pem").read_bytes())
        self.davit.process.send_signal(signal.SIGHUP)
        wait_until("it is told", lambda: "the key is not the certificate's; what was read before is served on"
                   in self.davit.log_text())
        self.assertEqual(self.certificate("localhost"), before)
        self.make("wild", "DNS:localhost,DNS:*.localhost")
        self.davit.process.send_signal(signal.SIGHUP)
        wait_until("the new one is served", lambda: self.certificate("localhost") != before)
        self.assertNotEqual(self.served("localhost"), 404)

        # Another is named. What the router would leave out is not taken in the first place: a chain that breaks off.
        self.make("third", "DNS:third.example.org")
        third = self.davit.folder / "third.pem"
        whole = third.read_bytes()
        third.write_bytes(whole + whole[:300])
        self.name("third")
        self.davit.process.send_signal(signal.SIGHUP)
        wait_until("it is told", lambda: "a certificate of the chain is malformed; it is not served"
                   in self.davit.log_text())
        wild = self.certificate("localhost")
        self.assertEqual(self.certificate("third.example.org"), wild)
        third.write_bytes(whole)
        self.davit.process.send_signal(signal.SIGHUP)
        wait_until("it is served", lambda: self.certificate("third.example.org") != wild)
        with open(self.davit.data / "davit.toml", "a") as config:
            config.write("[[router.certificates\n")
        self.davit.process.send_signal(signal.SIGHUP)
        wait_until("the names stay", lambda: "which certificates there are was not read" in self.davit.log_text())
        self.assertNotEqual(self.certificate("third.example.org"), wild)

    def name(self, *names):
        with open(self.davit.data / "davit.toml", "a") as config:
            for name in names:
                config.write("[[router.certificates]]\nchain = \"%s/%s.pem\"\nkey = \"%s/%s.key\"\n"
                             % (self.davit.folder, name, self.davit.folder, name))

    def certificate(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.https_port()), 30) as plain:
            with context.wrap_socket(plain, server_hostname=name) as client:
                return client.getpeercert(True)

    def test_an_unreadable_file_is_told_at_the_start(self):
        with open(self.davit.data / "davit.toml", "a") as config:
            config.write("[[router.certificates]]\nchain = \"/nonexistent\"\nkey = \"/nonexistent\"\n")
        with self.assertRaisesRegex(AssertionError, "router.certificates: .*/nonexistent"):
            self.davit.start()


if __name__ == "__main__":
    unittest.main()
