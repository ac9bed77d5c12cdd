"""Requests that the rules of HTTP/1.1 speak about: what must pass, and what must end at the router.

Each case is the raw bytes of a request, the rule it is about, and what has to happen: `passes` (the dyno sees exactly
this one request, with this body) or the status it is refused with before the dyno sees any of it (`broken`: its head is
sound and its body is not, so the dyno may have seen a part, but never the end). RFC numbers name RFC 9110 and RFC 9112.
"""
from dataclasses import dataclass

HOST = b"Host: blog.localhost\r\n"


@dataclass(frozen=True)
class Case:
    name: str
    rule: str
    raw: bytes
    passes: bool = False
    status: int = 400
    body: bytes = b""
    broken: bool = False


CASES = []


def passes(name, rule, raw, body=b""):
    CASES.append(Case(name, rule, raw, passes=True, status=200, body=body))


def refused(name, rule, raw, status=400):
    CASES.append(Case(name, rule, raw, status=status))


def broken(name, rule, raw):
    CASES.append(Case(name, rule, raw, broken=True))


def get(fields=b"", target=b"/case", host=HOST, version=b"HTTP/1.1"):
    return b"GET " + target + b" " + version + b"\r\n" + host + fields + b"\r\n"


def post(fields, body=b""):
    return b"POST /case HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: blog.localhost\r\n\r\n"

# --- the request line

passes("plain", "9112 3", get())
passes("query", "9112 3.2.1", get(target=b"/case?a=b&c=%20d"))
passes("odd but legal target", "9112 3.2", get(target=b"/case/..;/a'(b)*,;:@!$&+=~|{}[]^`"))
passes("utf-8 in the target", "9110 4.2: tolerated, passed as it is", get(target="/case/ä".encode()))
passes("unknown method", "9110 9.1", b"BREW /case HTTP/1.1\r\n" + HOST + b"\r\n")
passes("lower case method is another method", "9110 9.1", b"get /case HTTP/1.1\r\n" + HOST + b"\r\n")
passes("one empty line before the request", "9112 2.2", b"\r\n" + get())
passes("absolute form", "9112 3.2.2", get(target=b"http://blog.localhost/case"))
passes("absolute form, host in other case", "9110 4.2.3", get(target=b"HTTP://BLOG.localhost/case"))
refused("absolute form of another host", "9112 3.2.2: which one would the app believe?",
        get(target=b"http://other.localhost/case"))
refused("absolute form with user", "9110 4.2.4", get(target=b"http://u:p@blog.localhost/case"))
refused("absolute form of another scheme", "9112 3.2", get(target=b"ftp://blog.localhost/case"))
refused("target without slash", "9112 3.2", get(target=b"case"))
refused("asterisk for GET", "9112 3.2.4", get(target=b"*"))
refused("CONNECT", "contract: every method but CONNECT",
        b"CONNECT blog.localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 405)
refused("fragment in the target", "9112 3.2", get(target=b"/case#x"))
refused("space in the target", "9112 3.2", get(target=b"/ca se"))
refused("tab for space", "9112 3", b"GET\t/case\tHTTP/1.1\r\n" + HOST + b"\r\n")
refused("two spaces before the target", "9112 3", b"GET  /case HTTP/1.1\r\n" + HOST + b"\r\n")
refused("two spaces before the version", "9112 3", b"GET /case  HTTP/1.1\r\n" + HOST + b"\r\n")
refused("space before the method", "9112 3", b" GET /case HTTP/1.1\r\n" + HOST + b"\r\n")
refused("space after the version", "9112 3", b"GET /case HTTP/1.1 \r\n" + HOST + b"\r\n")
refused("no version", "HTTP/0.9", b"GET /case\r\n" + HOST + b"\r\n")
refused("lower case version", "9112 2.3", get(version=b"http/1.1"))
refused("HTTP/1.2", "9110 2.5: a minor version that nobody defined", get(version=b"HTTP/1.2"), 505)
refused("HTTP/2.0 by text", "9110 2.5", get(version=b"HTTP/2.0"), 505)
refused("HTTP/1.10", "9112 2.3: one digit", get(version=b"HTTP/1.10"))
refused("HTTP/01.1", "9112 2.3", get(version=b"HTTP/01.1"))
refused("method with a bracket", "9110 5.6.2", b"GE(T /case HTTP/1.1\r\n" + HOST + b"\r\n")
refused("NUL in the target", "9112 2.2", get(target=b"/ca\x00se"))
refused("CR in the target", "9112 2.2", get(target=b"/ca\rse"))
refused("DEL in the target", "9110 4.2", get(target=b"/ca\x7fse"))
refused("request line of 9 kB", "contract: 8,192 bytes", get(target=b"/" + b"a" * 9000))
refused("method of 128 bytes", "contract: 127 bytes", b"M" * 128 + b" /case HTTP/1.1\r\n" + HOST + b"\r\n")

# --- line ends

refused("bare LF after the request line", "9112 2.2: contract says CR LF",
        b"GET /case HTTP/1.1\n" + HOST + b"\r\n")
refused("bare LF after a header", "9112 2.2", b"GET /case HTTP/1.1\r\nHost: blog.localhost\nA: b\r\n\r\n")
refused("bare LF ends the head", "9112 2.2", b"GET /case HTTP/1.1\r\n" + HOST + b"\n")
refused("bare LF everywhere", "9112 2.2", b"GET /case HTTP/1.1\nHost: blog.localhost\n\n")
refused("bare CR in a value", "9112 2.2", get(b"A: b\rc\r\n"))
refused("bare CR before a header", "9112 2.2", get(b"\rA: b\r\n"))
refused("CR CR LF", "9112 2.2", get(b"A: b\r\r\n"))

# --- header lines

passes("empty value", "9110 5.5", get(b"A:\r\n"))
passes("white space around a value", "9112 5.1", get(b"A: \t b \t\r\n"))
passes("obs-text in a value", "9110 5.5", get(b"A: \xe4\xff\r\n"))
passes("every token character in a name", "9110 5.6.2", get(b"!#$%&'*+-.^_`|~09azAZ: b\r\n"))
passes("underscore in a name", "9110 5.6.2", get(b"A_B: c\r\n"))
passes("equal names", "9110 5.3", get(b"A: 1\r\nA: 2\r\n"))
passes("100 headers", "contract: 1,000", get(b"".join(b"A%d: b\r\n" % i for i in range(100))))
passes("value of 7 kB", "contract: 8,192 bytes a line", get(b"A: " + b"b" * 7000 + b"\r\n"))
refused("space before the colon", "9112 5.1", get(b"A : b\r\n"))
refused("tab before the colon", "9112 5.1", get(b"A\t: b\r\n"))
refused("space before the colon of Content-Length", "9112 5.1", post(b"Content-Length : 5\r\n", b"hello"))
refused("space before the colon of Transfer-Encoding", "9112 5.1",
        post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"))
refused("space before a name", "9112 5.2", b"GET /case HTTP/1.1\r\n A: b\r\n" + HOST + b"\r\n")
refused("folded value", "9112 5.2", get(b"A: b\r\n c\r\n"))
refused("folded value by tab", "9112 5.2", get(b"A: b\r\n\tc\r\n"))
refused("folded Transfer-Encoding", "9112 5.2", post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"))
refused("empty name", "9110 5.1", get(b": b\r\n"))
refused("no colon", "9112 5", get(b"A\r\n"))
refused("brackets in a name", "9110 5.6.2", get(b"A[b]: c\r\n"))
refused("NUL in a name", "9110 5.6.2", get(b"A\x00: b\r\n"))
refused("NUL in a value", "9110 5.5", get(b"A: b\x00c\r\n"))
refused("control character in a value", "9110 5.5", get(b"A: b\x01c\r\n"))
refused("DEL in a value", "9110 5.5", get(b"A: b\x7fc\r\n"))
refused("UTF-8 in a name", "9110 5.6.2", get("Ä: b\r\n".encode()))
refused("name of 1,100 bytes", "contract: 1,000 bytes", get(b"A" * 1100 + b": b\r\n"))
refused("line of 9 kB", "contract: 8,192 bytes", get(b"A: " + b"b" * 9000 + b"\r\n"))
refused("head of 60 kB", "our limit: 32 kB", get(b"".join(b"A%d: %s\r\n" % (i, b"b" * 6000) for i in range(10))))
refused("1,001 headers", "contract: 1,000", get(b"".join(b"A: b\r\n" for _ in range(1001))))

# --- Host

passes("Host with a port", "9110 7.2", get(host=b"Host: blog.localhost:8080\r\n"))
passes("Host in upper case", "9110 4.2.3", get(host=b"HOST: BLOG.LOCALHOST\r\n"))
refused("no Host", "9112 3.2", get(host=b""))
refused("no Host in HTTP/1.0", "contract", get(host=b"", version=b"HTTP/1.0"))
refused("empty Host", "9112 3.2: names no app", get(host=b"Host:\r\n"))
refused("two Hosts", "9112 3.2", get(HOST))
refused("two Hosts that differ", "9112 3.2", get(b"Host: other.localhost\r\n"))
refused("list in Host", "9112 3.2", get(host=b"Host: blog.localhost, other.localhost\r\n"))
refused("path in Host", "9110 7.2", get(host=b"Host: blog.localhost/x\r\n"))
refused("user in Host", "9110 7.2", get(host=b"Host: u@blog.localhost\r\n"))
refused("space in Host", "9110 7.2", get(host=b"Host: blog .localhost\r\n"))
refused("port that is no number", "9110 4.2.3", get(host=b"Host: blog.localhost:8a\r\n"))
refused("port above 65535", "9110 4.2.3", get(host=b"Host: blog.localhost:99999\r\n"))

# --- Content-Length

passes("body by length", "9112 6.2", post(b"Content-Length: 5\r\n", b"hello"), b"hello")
passes("length 0", "9112 6.2", post(b"Content-Length: 0\r\n"))
passes("leading zeros", "9110 8.6: 1*DIGIT", post(b"Content-Length: 0005\r\n", b"hello"), b"hello")
passes("GET with a body", "9110 9.3.1", get(b"Content-Length: 5\r\n") + b"hello", b"hello")
passes("no body without a length", "9112 6.3", post(b""))
passes("length beside Expect", "9110 10.1.1", post(b"Content-Length: 5\r\nExpect: 100-continue\r\n", b"hello"),
       b"hello")
for value in (b"+5", b"-5", b"5 5", b"0x5", b"5,5", b"5, 5", b"5;5", b"\"5\"", b"5.0", b"", b"5e0", b"\xb5",
              b"18446744073709551621", b"99999999999999999999"):
    refused("length " + (value.decode("latin-1") or "empty"), "9112 6.3 (5)",
            post(b"Content-Length: " + value + b"\r\n", b"hello" + SMUGGLED))
refused("two equal lengths", "9112 6.3 (5): may be refused", post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"))
refused("two lengths", "9112 6.3 (5)", post(b"Content-Length: 5\r\nContent-Length: 0\r\n", b"hello" + SMUGGLED))
refused("unknown expectation", "contract: 417", post(b"Content-Length: 5\r\nExpect: tea\r\n", b"hello"), 417)

# --- Transfer-Encoding

passes("chunked", "9112 7.1", post(CHUNKED, b"5\r\nhello\r\n0\r\n\r\n"), b"hello")
passes("chunked, two chunks", "9112 7.1", post(CHUNKED, b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), b"hello")
passes("chunked in other case", "9110 10.1.4", post(b"transfer-encoding: CHUNKED\r\n", b"5\r\nhello\r\n0\r\n\r\n"), b"hello")
passes("chunk size in either case with zeros", "9112 7.1", post(CHUNKED, b"00A\r\n0123456789\r\n00a\r\n0123456789\r\n000\r\n\r\n"),
       b"01234567890123456789")
passes("chunk extension", "9112 7.1.1", post(CHUNKED, b"5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n"), b"hello")
passes("trailer", "9112 7.1.2", post(CHUNKED, b"5\r\nhello\r\n0\r\nA: b\r\n\r\n"), b"hello")
refused("length beside chunked", "9112 6.1: smuggling", post(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED))
refused("chunked beside length", "9112 6.1: smuggling", post(CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n" + SMUGGLED))
refused("chunked in HTTP/1.0", "9112 6.1",
        b"POST /case HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED)
for value in (b"identity", b"gzip", b"gzip, chunked", b"chunked, identity", b"chunked, chunked", b"xchunked", b"chunked;a",
              b"\"chunked\"", b"chunked\x0b", b"\x0bchunked", b"chun ked", b"", b", chunked", b"chunked,"):
    refused("coding " + repr(value.decode("latin-1"))[1:-1], "9112 6.1",
            post(b"Transfer-Encoding: " + value + b"\r\n", b"0\r\n\r\n" + SMUGGLED))
refused("two Transfer-Encodings", "9112 6.1", post(CHUNKED + CHUNKED, b"0\r\n\r\n" + SMUGGLED))
refused("identity, then chunked", "9112 6.1",
        post(b"Transfer-Encoding: identity\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED))
for name, body in (
        ("chunk without size", b"\r\nhello\r\n0\r\n\r\n"),
        ("chunk size with sign", b"+5\r\nhello\r\n0\r\n\r\n"),
        ("negative chunk size", b"-5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size 0x5", b"0x5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size with space before", b" 5\r\nhello\r\n0\r\n\r\n"),
        ("chunk size with space after", b"5 \r\nhello\r\n0\r\n\r\n"),
        ("chunk size of 17 digits", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("chunk size that is no number", b"g\r\nhello\r\n0\r\n\r\n"),
        ("bare LF after the size", b"5\nhello\r\n0\r\n\r\n"),
        ("bare CR in the size line", b"5\r hello\r\n0\r\n\r\n"),
        ("bare LF in an extension", b"5;a\nhello\r\n0\r\n\r\n"),
        ("NUL in an extension", b"5;a\x00\r\nhello\r\n0\r\n\r\n"),
        ("bare LF after the data", b"5\r\nhello\n0\r\n\r\n"),
        ("data longer than its size", b"5\r\nhelloo\r\n0\r\n\r\n"),
        ("data shorter than its size", b"6\r\nhello\r\n0\r\n\r\n"),
        ("bare LF at the end", b"5\r\nhello\r\n0\r\n\n"),
        ("bare LF after the last chunk", b"5\r\nhello\r\n0\n\r\n"),
        ("trailer with space before the colon", b"5\r\nhello\r\n0\r\nA : b\r\n\r\n"),
        ("trailer without colon", b"5\r\nhello\r\n0\r\nA\r\n\r\n"),
        ("folded trailer", b"5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"),
        ("NUL in a trailer", b"5\r\nhello\r\n0\r\nA: b\x00\r\n\r\n"),
        ("extension of 5 kB", b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n"),
        ("trailers of 9 kB", b"5\r\nhello\r\n0\r\nA: " + b"b" * 9000 + b"\r\n\r\n")):
    broken(name, "9112 7.1", post(CHUNKED, body))

# --- hop by hop

passes("Connection names a header", "9110 7.6.1", get(b"Connection: a\r\nA: b\r\n"))
passes("Connection names Content-Length", "9110 7.6.1: framing is not a client's to take away",
       post(b"Connection: content-length\r\nContent-Length: 5\r\n", b"hello"), b"hello")
passes("Keep-Alive and TE", "9110 7.6.1", get(b"Connection: keep-alive, te\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"))
passes("upgrade to h2c is not passed on", "9113 3.1",
       get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"))

NAMES = [case.name for case in CASES]
assert len(set(NAMES)) == len(NAMES), "two cases of one name"
