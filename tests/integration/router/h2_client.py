"""A raw HTTP/2 client: frames as they are, header fields without compression. For what good clients never do."""
import struct

from tls_harness import TlsClient, tls_context

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 2, 7, 8, 11
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4
STATUS = {0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500}


def hpack_string(text):
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, size = len(data) - 127, b"\x7f"
    while rest >= 128:
        size += bytes([rest % 128 + 128])
        rest //= 128
    return size + bytes([rest]) + data


def fields(*pairs):
    """A header block of literals without indexing (RFC 7541 6.2.2)."""
    return b"".join(b"\0" + hpack_string(name) + hpack_string(value) for name, value in pairs)


def request(path="/", host="blog.localhost", method="GET", extra=()):
    return fields((":method", method), (":scheme", "https"), (":path", path), (":authority", host), *extra)


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    @property
    def ends(self):
        return bool(self.flags & END_STREAM)

    @property
    def error(self):  # of RST_STREAM and GOAWAY
        return struct.unpack(">I", self.payload[4:8] if self.kind == GOAWAY else self.payload[:4])[0]

    @property
    def status(self):  # of HEADERS, where it is one of the seven that need one byte
        return STATUS.get(self.payload[0])

    def __repr__(self):
        return "Frame(%d, flags=%d, stream=%d, %r)" % (self.kind, self.flags, self.stream, self.payload[:40])


class H2Client(TlsClient):
    def __init__(self, port, settings=(), **kwargs):
        super().__init__(port, context=tls_context(("h2",)), **kwargs)
        self.next_stream = 1
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in settings))

    def frame(self, kind, flags, stream, payload=b""):
        self.send(self.bytes_of(kind, flags, stream, payload))

    @staticmethod
    def bytes_of(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def open(self, block=None, ends=True):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, block or request())
        return stream

    def read(self):
        head = self.exactly(9)
        size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        frame = Frame(kind, flags, int.from_bytes(head[5:], "big") & 0x7fffffff, self.exactly(size))
        if kind == SETTINGS and not flags & ACK:
            self.frame(SETTINGS, ACK, 0)
        return frame

    def wait(self, *kinds, stream=None):
        while True:
            frame = self.read()
            if frame.kind in kinds and stream in (None, frame.stream):
                return frame

    def response(self, stream):
        """The status (None: not one of the common) and the whole body, with the windows opened for it."""
        status, body = None, b""
        while True:
            frame = self.wait(HEADERS, DATA, RST_STREAM, GOAWAY)
            if frame.kind == GOAWAY or frame.stream == stream and frame.kind == RST_STREAM:
                raise EOFError("the stream ended with %r" % frame)
            if frame.stream != stream:
                continue
            if frame.kind == HEADERS and status is None:
                status = frame.status
            if frame.kind == DATA:
                body += frame.payload
                if frame.payload:
                    self.widen(len(frame.payload), stream, 0)
            if frame.ends:
                return status, body

    def widen(self, size, *streams):
        for stream in streams:
            self.frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))

    def reset(self, stream, code=CANCEL):
        self.frame(RST_STREAM, 0, stream, struct.pack(">I", code))
