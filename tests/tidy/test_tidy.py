#!/usr/bin/env python3
"""Tests of tidy.py: each rule finds what it is for, and leaves the right way alone."""
import unittest

import tidy


def rules(path, text, known=()):
    return [finding.rule for finding in tidy.check_file(path, text, frozenset(known))]


class Banned(unittest.TestCase):
    def test_finds_detached_system_and_using_namespace(self):
        self.assertEqual(rules("base/x.cpp", "co_spawn(io, f(), asio::detached);\n"), ["detached"])
        self.assertEqual(rules("base/x.cpp", "  std::system(command);\n"), ["system"])
        self.assertEqual(rules("base/x.cpp", "auto p = popen(c, r);\n"), ["system"])
        self.assertEqual(rules("base/x.cpp", "using namespace std;\n"), ["using-namespace"])

    def test_leaves_names_that_only_look_alike(self):
        self.assertEqual(rules("base/x.cpp", "file_system(a); x.system(b); boost::system::error_code ec;\n"), [])

    def test_namespaces_of_literals_are_no_namespaces_to_fear(self):
        self.assertEqual(rules("base/x.hpp", "#pragma once\nusing namespace std::chrono_literals;\n"), [])

    def test_leaves_comments_and_literals(self):
        self.assertEqual(rules("base/x.cpp", '// asio::detached\nauto s = "system(";\n/* popen( */\n'), [])
        self.assertEqual(rules("base/x.cpp", 'auto s = R"(system(x) " popen( )";\n'), [])

    def test_sleeps_are_banned_in_tests_only(self):
        line = "std::this_thread::sleep_for(1s);\n"
        self.assertEqual(rules("tests/unit/x_test.cpp", line), ["sleep"])
        self.assertEqual(rules("cli/x.cpp", line), [])

    def test_a_reasoned_exception_is_taken(self):
        text = "// tidy-allow: fork because the sandbox needs clone flags\nfork();\n"
        self.assertEqual(rules("server/x.cpp", text), [])
        self.assertEqual(rules("server/x.cpp", "fork();\n"), ["fork"])


class Includes(unittest.TestCase):
    def test_a_header_needs_pragma_once(self):
        self.assertEqual(rules("base/x.hpp", "int x;\n"), ["pragma-once"])
        self.assertEqual(rules("base/x.hpp", "#pragma once\n"), [])

    def test_own_header_comes_first(self):
        known = ["base/x.hpp"]
        self.assertEqual(rules("base/x.cpp", '#include <map>\n#include "base/x.hpp"\n', known), ["own-header"])
        self.assertEqual(rules("base/x.cpp", '#include "base/x.hpp"\n#include <map>\n', known), [])
        self.assertEqual(rules("base/main.cpp", "#include <map>\n", known), [])

    def test_layers(self):
        self.assertEqual(rules("store/x.cpp", '#include "router/protocol/table.hpp"\n'), ["layers"])
        self.assertEqual(rules("server/x.cpp", '#include "router/protocol/table.hpp"\n'), [])
        self.assertEqual(rules("server/x.cpp", '#include "router/tunnel.hpp"\n'), ["layers"])
        self.assertEqual(rules("cli/x.cpp", '#include "server/x.hpp"\n'), ["layers"])

    def test_libraries_stay_in_their_rooms_and_out_of_headers(self):
        self.assertEqual(rules("store/x.cpp", "#include <sqlite3.h>\n"), [])
        self.assertEqual(rules("store/x.hpp", "#pragma once\n#include <sqlite3.h>\n"), ["private-header"])
        self.assertEqual(rules("server/git/x.cpp", "#include <git2.h>\n"), [])
        for room in ("api", "build"):
            self.assertEqual(rules(f"server/{room}/x.cpp", "#include <git2.h>\n"), ["private-header"])
        self.assertEqual(rules("dyno/x.cpp", "#include <openssl/ssl.h>\n"), ["private-header"])


class Sizes(unittest.TestCase):
    def test_long_files_are_told_and_longer_ones_refused(self):
        found = list(tidy.check_file("base/x.cpp", "int x;\n" * 301))
        self.assertEqual([(f.rule, f.fatal) for f in found], [("file-length", False)])
        found = list(tidy.check_file("base/x.cpp", "int x;\n" * 451))
        self.assertEqual([(f.rule, f.fatal) for f in found], [("file-length", True)])

    def test_long_lines(self):
        self.assertEqual(rules("base/x.cpp", "int " + "x" * 95 + ";\n"), [])
        self.assertEqual(rules("base/x.cpp", "int " + "x" * 96 + ";\n"), ["line-length"])
        self.assertEqual(rules("tests/x.cpp", "// " + "x" * 100 + "\n"), ["line-length"])
        self.assertEqual(rules("base/x.cpp", "// tidy-allow: line-length because\nint " + "x" * 96 + ";\n"), [])

    def test_what_stands_out_may_be_a_literal_or_an_address(self):
        literal = '"' + "x" * 110 + '"'
        self.assertEqual(rules("base/x.cpp", f"f(\n    {literal}}});\n"), [])
        self.assertEqual(rules("base/x.cpp", f"f({literal});\n"), ["line-length"], "there is room on a line below")
        self.assertEqual(rules("base/x.cpp", f"f(\n    {literal}, y);\n"), ["line-length"])
        self.assertEqual(rules("base/x.cpp", 'f(\n    "' + "x" * 150 + '");\n'), ["line-length"])
        self.assertEqual(rules("base/x.cpp", 'auto s = R"(\n' + "x" * 120 + '\n)";\n'), [])
        self.assertEqual(rules("base/x.cpp", "// See https://example.org/" + "x" * 90 + "\n"), [])


class CoAwait(unittest.TestCase):
    def test_finds_a_lambda_that_captures_by_value(self):
        self.assertEqual(rules("base/x.cpp", "co_await run_blocking(pool, [name] { return f(name); });\n"), ["co-await"])
        self.assertEqual(rules("base/x.cpp", "co_await run(pool, [x = std::move(y)]() mutable { g(x); });\n"), ["co-await"])

    def test_finds_a_braced_temporary(self):
        self.assertEqual(rules("base/x.cpp", "co_await send(Message{name, 1});\n"), ["co-await"])
        self.assertEqual(rules("base/x.cpp", "co_await send({name, 1});\n"), ["co-await"])
        self.assertEqual(rules("base/x.cpp", "auto x = co_await f(\n    std::vector<std::string>{a});\n"), ["co-await"])

    def test_finds_a_conditional_operator_around_or_inside(self):
        for line in ("auto x = c ? co_await f() : co_await g();\n",
                     "auto x = c ? Counted(1) : co_await f();\n",
                     "auto x = c ? h(1, co_await f()) : y;\n",
                     "auto x = co_await f() ? a : b;\n",
                     "co_await f(c ? std::string(a) : std::string());\n"):
            self.assertIn("co-await", rules("base/x.cpp", line), line)

    def test_finds_a_negated_co_await_in_a_condition(self):
        for line in ("if (!co_await f()) return;\n",
                     "if (a && !co_await f(x)) {\n",
                     "while (!(co_await f())) {\n",
                     "if (auto y = g(); !co_await f(y)) {\n",
                     "for (int i = 0; !co_await f(i); ++i) {\n"):
            self.assertEqual(rules("base/x.cpp", line), ["co-await"], line)

    def test_leaves_conditions_beside_it_alone(self):
        for line in ("const int n = c ? 1 : 2;\nco_await f(n);\n",
                     "if (!done) co_await f();\n",
                     "if (auto x = co_await f(); !x) return;\n",
                     "while (co_await next()) {\n",
                     "auto job = [c] { return c ? 1 : 2; };\nco_await f(job);\n",
                     "if (c ? a : b) { co_await f(); }\n",
                     "co_await f(a);\nreturn c ? 1 : 2;\n"):
            self.assertEqual(rules("base/x.cpp", line), [], line)

    def test_leaves_the_right_way_alone(self):
        for line in ("auto job = [name] { return f(name); };\nco_await run_blocking(pool, std::move(job));\n",
                     "co_await f(io, [&state] { return g(state); });\n",
                     "co_await f(items[3], {});\n",
                     "co_await f();\nMessage m{name, 1};\n",
                     "if (auto x = co_await f(a); !x) { return X{a}; }\n"):
            self.assertEqual(rules("base/x.cpp", line), [], line)


if __name__ == "__main__":
    unittest.main()
