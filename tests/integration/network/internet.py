"""The internet of a test: listens on every address of its network namespace and says who is there.

TCP on the ports of the command line: "<own address> sees <peer>" and the end. UDP 53 of 10.0.0.53: any question gets
203.0.113.10. Prints "ready", waits for a line (its addresses are there), prints "serving", and serves until its standard
input ends.
"""
import selectors
import socket
import struct
import sys
import threading


def plain(address):
    return address.removeprefix("::ffff:")


def serve(listener):
    while True:
        connection, peer = listener.accept()
        own = plain(connection.getsockname()[0])
        try:
            connection.sendall(f"{own} sees {plain(peer[0])}\n".encode())
        except OSError:
            pass
        connection.close()


def answer(question):
    """A response with one A record to the only question."""
    end = question.index(b"\0", 12) + 5
    head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton("203.0.113.10")
    return head + question[12:end] + (record if question[end - 4:end] == b"\0\1\0\1" else b"")


def main():
    print("ready", flush=True)
    sys.stdin.readline()
    for port in sys.argv[1:]:
        listener = socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("10.0.0.53", 53))
    print("serving", flush=True)
    waiting = selectors.DefaultSelector()
    waiting.register(names, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:
                return
            question, peer = names.recvfrom(512)
            names.sendto(answer(question), peer)


if __name__ == "__main__":
    main()
