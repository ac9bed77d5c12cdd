"""A git server on loopback (git http-backend behind Python's HTTP server), and files beside it; plain or TLS."""
import http.server
import os
import pathlib
import ssl
import subprocess
import threading


class GitServer:
    """Serves <folder>/NAME.git, and what is in `files`: path -> bytes, or a "Location:" text, or an event, until which a
    download stands still. `asked` are the paths."""

    def __init__(self, folder, certificate=None):
        self.folder, self.files, self.asked = pathlib.Path(folder), {}, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                server.answer(self)

            def do_POST(self):
                server.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificate:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, request):
        path, _, query = request.path.partition("?")
        self.asked.append(path)
        if path in self.files:
            content = self.files[path]
            if isinstance(content, threading.Event):
                request.send_response(200)
                request.send_header("Content-Length", "1000000")
                request.end_headers()
                request.wfile.write(b"x")
                content.wait(120)
                return
            if isinstance(content, str):
                request.send_response(302)
                request.send_header("Location", content)
                content = b""
            else:
                request.send_response(200)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)
            return
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
               "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
               "QUERY_STRING": query, "REQUEST_METHOD": request.command, "REMOTE_ADDR": "127.0.0.1",
               "CONTENT_TYPE": request.headers.get("Content-Type") or "", "CONTENT_LENGTH": str(len(body))}
        done = subprocess.run(["git", "http-backend"], env=env, input=body, stdout=subprocess.PIPE, check=True)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        status, fields = 200, []
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                fields.append((name, value))
        request.send_response(status)
        for name, value in fields:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        request.wfile.write(rest)

    def git(self, where, *args):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
               "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.com",
               "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.com"}
        done = subprocess.run(["git", "-C", where, *args], env=env, text=True, check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        return done.stdout.strip()

    def repository(self, name, *args, **files):
        """Commits files ("bin__detect" is bin/detect) to NAME.git, makes tags of what else is given; the commit."""
        work = self.folder / name
        if not work.exists():
            work.mkdir()
            self.git(work, "init", "-q", "-b", "main")
        for file, content in files.items():
            path = work / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.git(work, "add", "-A")
        self.git(work, "commit", "-q", "--allow-empty", "-m", "change")
        for tag in args:
            self.git(work, "tag", "-a", "-m", tag, tag)
        bare = self.folder / f"{name}.git"
        if not bare.exists():
            self.git(self.folder, "clone", "-q", "--bare", str(work), str(bare))
        else:
            self.git(work, "push", "-q", str(bare), "main", "--tags")
        return self.git(work, "rev-parse", "HEAD")
