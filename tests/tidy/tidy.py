#!/usr/bin/env python3
"""Checks what a program can check of the conventions: names what is wrong, where, and what to do instead.

    tests/tidy/tidy.py [ROOT]     exit 0: nothing wrong; 1: something is

A line that must break a rule says so, with the reason:  // tidy-allow: RULE because ...
Style that clang-format decides is not checked here.
"""
import re
import sys
from pathlib import Path
from typing import NamedTuple

SOURCE_FOLDERS = ("base", "store", "router", "dyno", "server", "cli", "buildpacks", "tests")
SKIPPED = {"build", "node_modules", ".git", ".davit-try", "apps"}
LINES_WARN, LINES_FAIL = 300, 450
COLUMNS_MAX, LITERAL_COLUMNS_MAX = 100, 140  # .clang-format, ColumnLimit


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    text: str
    fatal: bool = True


def strip_code(text, literal=" "):
    """The text with comments and the insides of literals blanked; line numbers and columns stay.
    `literal` is what stands for each character of a literal."""
    out = []
    i, state, raw_end = 0, "code", ""
    while i < len(text):
        c, two = text[i], text[i:i + 2]
        if state == "code":
            raw = re.match(r'R"([^()\\ ]{0,16})\(', text[i:]) if c == "R" else None
            if raw and not (i and (text[i - 1].isalnum() or text[i - 1] == "_")):
                raw_end, state = ")" + raw.group(1) + '"', "raw"
                out.append('""' + literal * (len(raw.group(0)) - 2))
                i += len(raw.group(0))
                continue
            if two in ("//", "/*"):
                state = "line" if two == "//" else "block"
                out.append("  ")
                i += 2
                continue
            if c == '"' or (c == "'" and not (i and text[i - 1].isalnum())):  # not a digit separator
                state = c
            out.append(c)
        elif state == "raw":
            if text.startswith(raw_end, i):
                out.append(literal * len(raw_end))
                i += len(raw_end)
                state = "code"
                continue
            out.append(c if c == "\n" else literal)
        elif state in ('"', "'"):
            if c == "\\" and i + 1 < len(text):
                out.append(literal * 2)
                i += 2
                continue
            if c == state or c == "\n":
                state = "code"
                out.append(c)
            else:
                out.append(literal)
        elif state == "line":
            if c == "\n":
                state = "code"
            out.append(c if c == "\n" else " ")
        else:
            if two == "*/":
                state = "code"
                out.append("  ")
                i += 2
                continue
            out.append(c if c == "\n" else " ")
        i += 1
    return "".join(out)


# rule, pattern in the stripped code, what to do, which files
BANNED = [
    ("detached", r"\basio::detached\b|\bnet::detached\b", "spawn through a TaskGroup",
     lambda p: True),
    ("system", r"(?<![\w.>:])(?:std::|::)?(?:system|popen)\s*\(", "start processes through base/process.hpp",
     lambda p: True),
    ("using-namespace", r"\busing\s+namespace\s+(?![\w:]*(?:literals|awaitable_operators)\s*;)", "name what is used",
     lambda p: True),
    ("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>])::sleep\s*\(",
     "advance a fake clock, or wait for the condition with a deadline",
     lambda p: p.startswith("tests/")),
    ("fork", r"(?<![\w.>:])(?:::)?v?fork\s*\(\s*\)", "start processes through base/process.hpp",
     lambda p: not p.startswith("dyno/")),
    ("cancel-after", r"\basio::cancel_after\b", "race with a timer: Boost has it from 1.86 only",
     lambda p: True),
]

# Which third-party headers belong to one room only: (header pattern, rooms that may, whether their headers may)
PRIVATE_HEADERS = [
    (re.compile(r"^sqlite3\.h$"), ("store/", "tests/")),
    (re.compile(r"^git2(/|\.h$)"), ("server/git/", "tests/")),
    (re.compile(r"^openssl/"), ("server/", "router/", "cli/", "store/", "base/", "tests/")),
]

# What a room may include, besides itself: the layers of docs/ARCHITECTURE.md.
LAYERS = {
    "base": (),
    "store": ("base/",),
    "router": ("base/",),
    "dyno": ("base/",),
    "server": ("base/", "store/", "router/protocol/", "dyno/protocol/"),
    "cli": ("base/",),
    "buildpacks": ("base/",),
}
ROOMS = tuple(room + "/" for room in LAYERS)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def allowed(lines, index, rule):
    mark = "tidy-allow: " + rule
    return mark in lines[index] or (index > 0 and mark in lines[index - 1])


def includes_of(lines):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_layers(path, lines):
    room = path.split("/", 1)[0]
    if room not in LAYERS:
        return
    for number, _, header in includes_of(lines):
        if header.startswith(ROOMS) and not header.startswith((room + "/", *LAYERS[room])):
            yield Finding(path, number, "layers", f"{room} must not include {header}")


def check_includes(path, lines):
    is_header = path.endswith(".hpp")
    for number, _, header in includes_of(lines):
        for pattern, rooms in PRIVATE_HEADERS:
            if not pattern.match(header) or allowed(lines, number - 1, "private-header"):
                continue
            # One header of a room may hold its handle types (conventions, 10): the room includes it, nobody else.
            handles = path.startswith(rooms[0]) and path.endswith("_handles.hpp")
            if is_header and not handles and not path.startswith("tests/"):
                yield Finding(path, number, "private-header",
                              f"<{header}> in a header: forward-declare, include it in the .cpp")
            elif not path.startswith(rooms):
                yield Finding(path, number, "private-header",
                              f"<{header}> belongs to {', '.join(rooms[:-1])} alone")
    if is_header and not any(line.strip() == "#pragma once" for line in lines):
        yield Finding(path, 1, "pragma-once", "a header begins with #pragma once")


def check_own_header_first(path, lines, known_files):
    if not path.endswith(".cpp"):
        return
    own = path[:-4] + ".hpp"
    if own not in known_files:
        return
    first = next(includes_of(lines), None)
    # Below tests/ a header is included by its name beside the file, or by its path from tests/.
    names = {own, own.removeprefix("tests/"), own.rsplit("/", 1)[-1]}
    if first is None or first[2] not in names:
        yield Finding(path, first[0] if first else 1, "own-header",
                      f'include "{own}" first: it proves that the header stands alone')


def check_banned(path, code_lines, lines):
    for number, line in enumerate(code_lines, 1):
        for rule, pattern, instead, applies in BANNED:
            if applies(path) and re.search(pattern, line) and not allowed(lines, number - 1, rule):
                yield Finding(path, number, rule, f"'{lines[number - 1].strip()[:60]}': {instead}")


def check_size(path, text, lines):
    count = len(lines)
    if count > LINES_FAIL:
        yield Finding(path, count, "file-length", f"{count} lines: split it by responsibility (at most {LINES_FAIL})")
    elif count > LINES_WARN:
        yield Finding(path, count, "file-length", f"{count} lines: it outgrows {LINES_WARN}", fatal=False)
    long = [number for number, line in enumerate(lines, 1) if len(line) > COLUMNS_MAX]
    marked = strip_code(text, "§").splitlines() if long else []
    for number in long:
        # A literal with a line of its own may stand out (cutting it hides what it says), and so may an address.
        literal = re.fullmatch(r"\s*\"{0,2}§+\"?[\s;,(){}]*", marked[number - 1])
        address = re.search(r"\w://\S+$", lines[number - 1])
        limit = LITERAL_COLUMNS_MAX if literal or address else COLUMNS_MAX
        columns = len(lines[number - 1])
        if columns > limit and not allowed(lines, number - 1, "line-length"):
            yield Finding(path, number, "line-length", f"{columns} columns (at most {limit}); clang-format wraps it")


def expression_after(code, start):
    """The co_await expression from `start`: up to the end of its statement, by counting brackets."""
    depth = 0
    for i in range(start, min(len(code), start + 4000)):
        c = code[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                return code[start:i]
        elif c == ";" and depth == 0:
            return code[start:i]
    return code[start:start + 4000]


CAPTURES_BY_VALUE = re.compile(r"(?<![\w\])])\[(?P<captures>[^\[\]]*)\]\s*(?:\(|\{|mutable)")
# Type{...} or Type<...>{...} with something in it, as an argument.
BRACED = re.compile(r"(?:[(,]|\breturn)\s*(?P<type>(?:\w+::)*[A-Z]\w*(?:<[^;{}]*>)?|std::\w+(?:<[^;{}]*>)?)?\s*\{\s*[^}\s]")


def owning_capture(captures):
    for capture in (c.strip() for c in captures.split(",")):
        if not capture or capture == "this" or capture.startswith("&"):
            continue
        return True
    return False


def check_co_await(path, code, lines):
    """g++ 12 destroys twice an owning temporary that is built inside a co_await expression."""
    for match in re.finditer(r"\bco_await\b", code):
        expression = expression_after(code, match.end())
        # The body of a lambda inside is not part of the expression.
        head = re.sub(r"\{[^{}]*;[^{}]*\}", "{}", expression)
        number = code.count("\n", 0, match.start()) + 1
        if allowed(lines, number - 1, "co-await"):
            continue
        for capture in CAPTURES_BY_VALUE.finditer(head):
            if owning_capture(capture.group("captures")):
                yield Finding(path, number, "co-await",
                              "a lambda that captures by value inside co_await: name it on the line above, std::move it")
                break
        else:
            if BRACED.search(head):
                yield Finding(path, number, "co-await",
                              "a braced temporary inside co_await: name it on the line above, std::move it")


def operand_of_conditional(code, position):
    """Whether a `?` stands before `position` in the same statement, outside of brackets that are closed again."""
    depth = 0
    for i in range(position - 1, -1, -1):
        c = code[i]
        if depth == 0 and c in ";{}":
            return False
        if depth == 0 and c == "?":
            return True
        if c in ")]}":
            depth += 1
        elif c in "([{":
            depth = max(0, depth - 1)  # out of what surrounds the position, or of what was closed
    return False


NEGATED = re.compile(r"!\s*(?:\(\s*)*co_await\b")


def check_co_await_conditions(path, code, lines):
    """g++ 12 destroys an owning value of `?:` twice when a co_await is one of its operands, or awaits a call that
    takes it (seen: double free under ASan at -O0 to -O2). Negated waits in conditions were seen to go wrong too."""
    for match in re.finditer(r"\bco_await\b", code):
        number = code.count("\n", 0, match.start()) + 1
        if allowed(lines, number - 1, "co-await"):
            continue
        head = re.sub(r"\{[^{}]*;[^{}]*\}", "{}", expression_after(code, match.end()))
        if "?" in head or operand_of_conditional(code, match.start()):
            yield Finding(path, number, "co-await", "co_await together with ?: : name the value on the line above, or use if")
    for match in re.finditer(r"\b(?P<word>if|while|for)\s*\(", code):
        number = code.count("\n", 0, match.start()) + 1
        negated = NEGATED.search(condition_of(match.group("word"), code[match.end():match.end() + 4000]))
        if negated and not allowed(lines, number - 1, "co-await"):
            yield Finding(path, number, "co-await", "a negated co_await in a condition: name the value on the line above")


def condition_of(word, code):
    """What is tested in the brackets that `code` begins in: neither a first statement nor a for's last."""
    depth, parts = 0, [""]
    for c in code:
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                break
        if c == ";" and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts[1] if word == "for" and len(parts) == 3 else parts[-1] if word != "for" else ""


def check_file(path, text, known_files=frozenset()):
    lines = text.splitlines()
    code = strip_code(text)
    code_lines = code.splitlines()
    yield from check_includes(path, lines)
    yield from check_own_header_first(path, lines, known_files)
    yield from check_layers(path, lines)
    yield from check_banned(path, code_lines, lines)
    yield from check_size(path, text, lines)
    yield from check_co_await(path, code, lines)
    yield from check_co_await_conditions(path, code, lines)


def source_files(root):
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if path.suffix in (".cpp", ".hpp") and not SKIPPED.intersection(parts):
                yield path


def main(arguments):
    root = Path(arguments[1] if len(arguments) > 1 else Path(__file__).resolve().parents[2])
    paths = list(source_files(root))
    names = frozenset(str(p.relative_to(root)) for p in paths)
    findings = []
    for path in paths:
        findings += check_file(str(path.relative_to(root)), path.read_text(errors="replace"), names)
    for finding in findings:
        kind = "" if finding.fatal else "warning: "
        print(f"{finding.path}:{finding.line}: {kind}[{finding.rule}] {finding.text}")
    wrong = sum(finding.fatal for finding in findings)
    print(f"tidy: {len(paths)} files, {wrong} wrong, {len(findings) - wrong} warnings")
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
