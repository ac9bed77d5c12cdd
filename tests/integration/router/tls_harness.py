"""davit-router with an HTTPS port, certificates made for it, and TLS clients."""
import os
import shutil
import socket
import ssl
import subprocess
import tempfile

from harness import Client, Router, RouterCase, TIMEOUT


class Pem:
    """A self-signed certificate for `names`, as files and as text."""

    def __init__(self, folder, label, *names):
        self.chain = os.path.join(folder, label + ".crt")
        self.key = os.path.join(folder, label + ".key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", self.key, "-out", self.chain, "-days", "30", "-subj", "/CN=" + label,
             "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names)],
            check=True, capture_output=True)
        with open(self.chain) as chain, open(self.key) as key:
            self.chain_pem, self.key_pem = chain.read(), key.read()
        self.option = "%s,%s" % (self.chain, self.key)
        self.der = ssl.PEM_cert_to_DER_cert(self.chain_pem)

    def entry(self, *names, default=False):
        return {"names": list(names), "chain_pem": self.chain_pem, "key_pem": self.key_pem, "default": default}


class TlsRouter(Router):
    def arguments(self, *listen):
        return super().arguments(*listen) + ["--listen-tls", "127.0.0.1:%d" % getattr(self, "tls_port", 0)]

    def connect(self):
        super().connect()
        self.tls_port = next(int(name.rsplit(":", 1)[1]) for name in self.control.hello["listening"]
                             if name.startswith("https "))


def tls_context(alpn=("http/1.1",), version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class TlsClient(Client):
    """`name`: the server_name it sends; None: none."""

    def __init__(self, port, name="blog.localhost", context=None, session=None, receive_buffer=None):
        super().__init__(port, receive_buffer)
        try:
            self.socket = (context or tls_context()).wrap_socket(
                self.socket, server_hostname=name, session=session, suppress_ragged_eofs=False)
        except OSError:
            self.socket.close()
            raise


class TlsCase(RouterCase):
    """Tests against one router with an HTTPS port and a certificate for *.localhost."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="davit-test-")
        cls.pem = Pem(cls.folder, "wild", "localhost", "*.localhost")
        cls.other = Pem(cls.folder, "other", "www.example.org")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def start_router(self, *flags, own=True):
        self.router = TlsRouter(*(("--certificate", self.pem.option) if own else ()), *flags)
        self.addCleanup(self.router.close)
        self.version = 0
        self.certificates_version = 0

    def certificates(self, *entries):
        self.certificates_version += 1
        self.router.control.send({"type": "set_certificates", "version": self.certificates_version,
                                  "certificates": list(entries)})
        return self.router.control.wait(
            "certificates_applied", lambda e: e["version"] == self.certificates_version)["problems"]

    def certificates_in_parts(self, *parts):
        """The same, but a message for each list of entries."""
        self.certificates_version += 1
        for i, entries in enumerate(parts):
            self.router.control.send({"type": "set_certificates", "version": self.certificates_version,
                                      "certificates": list(entries), "more": i + 1 < len(parts)})
        return self.router.control.wait(
            "certificates_applied", lambda e: e["version"] == self.certificates_version)["problems"]

    def tls_client(self, *args, **kwargs):
        client = TlsClient(self.router.tls_port, *args, **kwargs)
        self.addCleanup(client.close)
        return client

    def served(self, name):
        """The certificate that a client gets for a server_name, as DER."""
        client = self.tls_client(name)
        try:
            return client.socket.getpeercert(True)
        finally:
            client.close()


def is_closed(connection):
    """Whether the peer ends a connection on which it has nothing to say."""
    connection.settimeout(TIMEOUT)
    try:
        return connection.recv(1) == b""
    except (ConnectionResetError, socket.timeout):
        return True
