"""h2spec (github.com/summerwind/h2spec), the conformance suite for HTTP/2 and HPACK, against davit-router.

It is built once, with Go and its module proxy, into ~/.cache/davit-tests; where that cannot be, this is skipped.
"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from h2_test import read_body
from harness import app, read_request, respond
from tls_harness import TlsCase

VERSION = "2.2.1"
MODULE = """module h2spec-build
go 1.19
require (
  github.com/summerwind/h2spec v%s+incompatible
  github.com/fatih/color v1.13.0
  github.com/spf13/cobra v1.6.1
  golang.org/x/net v0.7.0
)
""" % VERSION

# What fails, and why that is right.
EXCLUDED = {
    # RFC 9113 5.3.1 took stream dependencies out of the protocol, and with SETTINGS_NO_RFC7540_PRIORITIES the router
    # says that it reads none: a PRIORITY frame that depends on its own stream means nothing.
    ("http2/5.3.1", "Sends PRIORITY frame that depend on itself"),
}


def h2spec():
    """The program; raises SkipTest."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "davit-tests")
    program = os.path.join(cache, "h2spec-" + VERSION)
    if os.access(program, os.X_OK):
        return program
    if not shutil.which("go"):
        raise unittest.SkipTest("h2spec is not built: Go is not installed (Debian: golang-go)")
    os.makedirs(cache, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="davit-test-") as folder:
        with open(os.path.join(folder, "go.mod"), "w") as out:
            out.write(MODULE)
        built = subprocess.run(
            ["go", "build", "-o", "h2spec", "github.com/summerwind/h2spec/cmd/h2spec"], cwd=folder, timeout=240,
            env=dict(os.environ, GOFLAGS="-mod=mod -buildvcs=false"), capture_output=True, text=True)
        if built.returncode != 0:
            raise unittest.SkipTest("h2spec is not built: " + (built.stderr.strip().splitlines() or ["?"])[-1])
        shutil.move(os.path.join(folder, "h2spec"), program + ".new")
        os.rename(program + ".new", program)
    return program


class H2Spec(TlsCase):
    def test_it_passes(self):
        program = h2spec()
        self.start_router()

        def serve(upstream, connection):
            while True:
                line, headers = read_request(connection)
                read_body(connection, headers)
                respond(connection, b"" if line.startswith("HEAD") else b"more than five bytes")
        server = self.upstream(serve)
        every = app("blog", [("dyno-1", server.endpoint)])
        every["hosts"] = ["localhost", "127.0.0.1"]
        self.version += 1
        self.router.control.send({"type": "set_table", "table": {
            "version": self.version, "control_hosts": [], "control": "unix:/nonexistent", "apps": [every]}})
        self.router.control.wait("applied")
        report = os.path.join(self.folder, "report.xml")
        done = subprocess.run(
            [program, "--tls", "--insecure", "--host", "localhost", "--port", str(self.router.tls_port),
             "--timeout", "5", "--junit-report", report], capture_output=True, text=True, timeout=280)
        total = int(re.search(r"(\d+) tests,", done.stdout).group(1))
        self.assertGreaterEqual(total, 145)
        failed = set()
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed.add((case.get("package"), case.get("classname")))
        self.assertEqual(failed, EXCLUDED, done.stdout[done.stdout.find("Failures:"):])


if __name__ == "__main__":
    unittest.main(verbosity=2)
