"""A small npm registry on loopback, with packages that the npm client fetched: what it is asked for can be counted."""
import base64
import hashlib
import http.server
import json
import pathlib
import subprocess
import threading
import urllib.parse


def fetch_packages(folder, *specs):
    """npm pack: the package files of the real registry."""
    done = subprocess.run(["npm", "pack", "--silent", "--json", *specs], cwd=folder, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise AssertionError(f"npm pack {specs}: {done.stderr}")


class Registry:
    """Serves every .tgz of a folder. `asked` is what was asked for; `spoiled` are packages whose bytes are not what
    their integrity says."""

    def __init__(self, folder):
        self.asked, self.spoiled = [], set()
        self.packages = {}
        for file in pathlib.Path(folder).glob("*.tgz"):
            listing = subprocess.run(["tar", "xzOf", file, "package/package.json"], stdout=subprocess.PIPE, check=True)
            described = json.loads(listing.stdout)
            self.packages.setdefault(described["name"], {})[described["version"]] = file
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                registry.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, request):
        path = urllib.parse.unquote(request.path)[1:]
        self.asked.append(path)
        name, slash, version = path.partition("/-/")
        if name not in self.packages:
            request.send_error(404)
            return
        if slash:
            body = self.packages[name][version].read_bytes()
            if name in self.spoiled:
                body = body[:-1] + bytes([body[-1] ^ 1])
        else:
            body = json.dumps({"name": name, "versions": self.versions(name)}).encode()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def versions(self, name):
        return {version: {"name": name, "version": version, "dist": {
            "tarball": f"{self.url}/{name}/-/{version}",
            "integrity": "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode(),
        }} for version, file in self.packages[name].items()}
