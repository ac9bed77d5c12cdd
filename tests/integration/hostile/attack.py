"""Tries to get out of its dyno. One line for each try: "NAME refused: WHY" or "NAME GOT THROUGH: WHAT".

Run inside a dyno by dyno_hostile_test.cpp. Environment: SECRETS, paths on the host that must not be read;
MARK, a word in the environment of another dyno; VICTIMS, host pids that must not be reached.
"""
import ctypes
import errno
import fcntl
import glob
import mmap
import os
import pty
import signal
import socket
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)
SECRETS = os.environ.get("SECRETS", "").split(":")
VICTIMS = [int(pid) for pid in os.environ.get("VICTIMS", "").split()]
MARK = os.environ["MARK"]


class GotThrough(Exception):
    pass


def attempt(name, action, *harmless):
    """Refused is an OSError, or an answer that is in `harmless`."""
    try:
        got = action()
    except OSError as error:
        print(f"{name} refused: {errno.errorcode.get(error.errno, error.errno)}", flush=True)
        return
    if got in harmless:
        print(f"{name} refused: nothing to be had", flush=True)
    else:
        print(f"{name} GOT THROUGH: {got!r:.80}", flush=True)


def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result == -1:
        raise OSError(ctypes.get_errno(), "syscall")
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read(100)


def write(path, text):
    fd = os.open(path, os.O_WRONLY)
    try:
        return os.write(fd, text)
    finally:
        os.close(fd)


def files():
    for path in SECRETS:
        attempt(f"read {os.path.basename(path)}", lambda p=path: read(p))
        attempt(f"list folder of {os.path.basename(path)}", lambda p=path: os.listdir(os.path.dirname(p)), [])
        attempt(f"plant a file beside {os.path.basename(path)}",
                lambda p=path: os.open(p + ".planted", os.O_CREAT | os.O_WRONLY))
    for path in ("/etc/shadow", "/etc/ssh/sshd_config", "/etc/sudoers", "/root/.bashrc", "/dev/mem", "/dev/kmsg",
                 "/dev/vda", "/dev/sda", "/proc/kcore", "/proc/keys", "/proc/kmsg"):
        attempt(f"read {path}", lambda p=path: read(p), b"")
    for path in ("/root", "/home", "/var/lib/davit", "/run/davit", "/sys/kernel", "/sys/fs/cgroup/pids",
                 "/boot", "/mnt", "/srv", "/var/log"):
        attempt(f"list {path}", lambda p=path: os.listdir(p), [])
    for path in ("/usr/bin/x", "/etc/x", "/x", "/opt/x", "/dev/x", "/sys/x"):
        attempt(f"write {path}", lambda p=path: os.open(p, os.O_CREAT | os.O_WRONLY))
    for path, text in (("/proc/sysrq-trigger", b"h"), ("/proc/sys/kernel/core_pattern", b"|/tmp/x"),
                       ("/proc/sys/kernel/hostname", b"x"), ("/proc/self/oom_score_adj", b"-900"),
                       ("/proc/sys/vm/drop_caches", b"1"), ("/sys/power/state", b"mem")):
        attempt(f"write {path}", lambda p=path, t=text: write(p, t),
                len(text) if path == "/proc/sysrq-trigger" else None)  # /dev/null lies over it
    for kind, name in ((stat.S_IFCHR, "mem"), (stat.S_IFBLK, "disk")):
        attempt(f"make a device node ({name})",
                lambda k=kind: os.mknod(os.environ["HOME"] + "/node", k | 0o600, os.makedev(1, 1)))


def slug():
    home = os.environ["HOME"]
    for name in ("link-to-secret", "link-up", "link-proc"):
        attempt(f"follow the slug's {name}", lambda n=name: read(f"{home}/{n}"))
    attempt("open the slug's device node", lambda: read(home + "/device"))
    attempt("read the slug's FIFO", lambda: os.read(os.open(home + "/fifo", os.O_RDONLY | os.O_NONBLOCK), 1), b"")

    def setuid():
        out = os.popen(f"{home}/setuid-id -u 2>&1").read().strip()
        return out if out == "0" else None
    attempt("become root by the slug's setuid file", setuid, None)
    attempt("become root by su", lambda: 0 if os.system("echo | su -c true root 2>/dev/null") == 0 else None, None)
    attempt("setuid(0)", lambda: os.setuid(0))
    attempt("setgroups", lambda: os.setgroups([0]))


def others():
    own = {str(pid) for pid in own_processes()}
    seen = [pid for pid in glob.glob("/proc/[0-9]*") if os.path.basename(pid) not in own]
    if os.environ.get("SEES_NOBODY"):
        attempt("see other processes", lambda: seen, [])

    def leak(what):
        for folder in seen:
            try:
                if MARK.encode() in read_all(f"{folder}/{what}"):
                    return folder
            except OSError:
                pass
        return None
    attempt("read another dyno's environment", lambda: leak("environ"), None)
    attempt("read another dyno's memory map", lambda: leak("maps"), None)

    def escape(by):
        for folder in seen + ["/proc/1"]:
            for secret in SECRETS:
                try:
                    return read(f"{folder}/{by}{secret}")
                except OSError:
                    pass
        return None
    for by in ("root", "cwd/../../../../../../..", "task/1/root"):
        attempt(f"escape by /proc/*/{by}", lambda b=by: escape(b), None)

    def descriptors():
        for folder in seen + ["/proc/1"]:
            try:
                if os.listdir(f"{folder}/fd"):
                    return folder
            except OSError:
                pass
        return None
    if os.environ.get("SEES_NOBODY"):  # without a pid namespace their numbers are no secret among equals
        attempt("list descriptors of others", descriptors, None)
    for pid in VICTIMS:
        attempt("signal a host process", lambda p=pid: os.kill(p, 0))
        attempt("ptrace a host process", lambda p=pid: call(101, 16, p, 0, 0))
    attempt("ptrace init", lambda: call(101, 16, 1, 0, 0))
    attempt("PTRACE_TRACEME", lambda: call(101, 0, 0, 0, 0))
    attempt("process_vm_readv of init", lambda: call(310, 1, 0, 0, 0, 0, 0))
    attempt("pidfd_getfd", lambda: call(438, 0, 0, 0))


def read_all(path):
    with open(path, "rb") as file:
        return file.read(1 << 20)


def own_processes():
    pid = os.getpid()
    yield pid
    yield os.getppid()


def kernel():
    calls = {
        "mount": (165, b"tmpfs", b"/tmp", b"tmpfs", 0, 0), "umount": (166, b"/proc", 2), "pivot_root": (155, b"/", b"/"),
        "chroot": (161, b"/"), "open_tree": (428, -100, b"/", 1), "fsopen": (430, b"tmpfs", 0),
        "move_mount": (429, -100, b"/", -100, b"/", 0), "mount_setattr": (442, -100, b"/", 0, 0, 0),
        "open_tree_attr": (467, -100, b"/", 1, 0, 0),
        "unshare user": (272, 0x10000000), "unshare mount": (272, 0x20000), "unshare net": (272, 0x40000000),
        "setns": (308, 0, 0), "clone with a user namespace": (56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0),
        "init_module": (175, 0, 0, b""), "finit_module": (313, 0, b"", 0), "delete_module": (176, b"x", 0),
        "kexec_load": (246, 0, 0, 0, 0), "bpf": (321, 0, 0, 0), "perf_event_open": (298, 0, 0, -1, -1, 0),
        "userfaultfd": (323, 0), "io_uring_setup": (425, 1, 0), "keyctl": (250, 0, -3, 1), "add_key": (248, b"user", b"x", b"x", 1, -3),
        "request_key": (249, b"user", b"x", 0, -3), "open_by_handle_at": (304, 0, 0, 0), "name_to_handle_at": (303, -100, b"/", 0, 0, 0),
        "syslog": (103, 3, 0, 0), "reboot": (169, 0xfee1dead, 672274793, 0, 0), "swapon": (167, b"/x", 0),
        "settimeofday": (164, 0, 0), "clock_settime": (227, 0, 0), "adjtimex": (159, 0), "sethostname": (170, b"x", 1),
        "iopl": (172, 3), "ioperm": (173, 0, 1, 1), "acct": (163, b"/x"), "quotactl": (179, 0, 0, 0, 0),
        "fanotify_init": (300, 0, 0), "kcmp": (312, 1, 1, 0, 0, 0), "vhangup": (153,), "modify_ldt": (154, 0, 0, 0),
        "migrate_pages": (256, 0, 0, 0, 0),
    }
    for name, arguments in calls.items():
        attempt(name, lambda a=arguments: call(*a))
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)

    def clone3():
        pid = call(435, ctypes.byref(arguments), 64)
        if pid == 0:
            os._exit(0)
        return pid
    attempt("clone3", clone3)
    attempt("a call of the x32 ABI", lambda: call(0x40000000 + 39))
    # mov eax, 20; int 0x80; ret: getpid of i386
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    code = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))

    def i386():
        got = code()
        if got < 0:
            raise OSError(-got, "i386")
        return got
    attempt("a call of the i386 ABI", i386)


def devices_and_sockets():
    primary, secondary = pty.openpty()
    attempt("TIOCSTI", lambda: fcntl.ioctl(secondary, 0x5412, b"x"))
    attempt("TIOCSTI with high bits", lambda: call(16, secondary, (1 << 32) | 0x5412, b"x"))
    attempt("TIOCLINUX", lambda: fcntl.ioctl(secondary, 0x541C, b"\x02"))
    for name, arguments in {
            "raw socket": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
            "raw IPv6 socket": (socket.AF_INET6, socket.SOCK_RAW, 58),
            "packet socket": (socket.AF_PACKET, socket.SOCK_RAW, 0),
            "vsock": (40, socket.SOCK_STREAM, 0), "AF_ALG": (38, socket.SOCK_SEQPACKET, 0),
            "AF_KEY": (15, socket.SOCK_RAW, 2), "bluetooth": (31, socket.SOCK_RAW, 1)}.items():
        attempt(name, lambda a=arguments: socket.socket(*a))

    def privileged():
        server = socket.socket()
        server.bind(("127.0.0.1", 81))
        return server
    attempt("bind port 81", privileged)
    for path in filter(None, os.environ.get("SOCKETS", "").split(":")):
        attempt(f"connect to {os.path.basename(path)}", lambda p=path: socket.socket(socket.AF_UNIX).connect(p))


def mounts():
    """Every mount nosuid; nodev but for the devices that were chosen."""
    if not os.environ.get("OWN_MOUNTS"):
        return
    bad = []
    for line in open("/proc/self/mountinfo", encoding="utf8"):
        point, options = line.split()[4:6]
        options = options.split(",")
        allowed = point.startswith("/dev/") and point != "/dev/shm" or point.startswith("/proc/")
        if "nosuid" not in options or "nodev" not in options and not allowed:
            bad.append(point)
    attempt("find a mount with suid or devices", lambda: bad, [])
    for device in ("/dev/mem", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/loop0", "/dev/vda"):
        attempt(f"find {device}", lambda d=device: os.stat(d))


for group in (others, files, slug, kernel, devices_and_sockets, mounts):
    group()
print("all tried", flush=True)
sys.exit(0)
