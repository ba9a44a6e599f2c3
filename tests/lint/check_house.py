#!/usr/bin/env python3
"""House rules that a compiler does not hold. Usage: check_house.py ROOT [--self-test]"""

import pathlib
import re
import sys

MOST_LINES = 450  # of a file in src or include; aim for 120
SKIPPED = {"build", ".git", ".cache"}
TEXT = {".hpp", ".cpp", ".cmake", ".txt", ".py", ".md", ".yaml", ".yml", ".json", ".in", ".sh", ""}

# In any tracked text file: pattern, why not. The patterns are split so that they do not find themselves.
ANYWHERE = [
    (r"(?<![\w.~}])/(?:wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers)/\w", "absolute path of one machine"),
    (r"\b(?:deb\.deb" r"ian\.org|py" r"pi\.org|crates\.i" r"o|registry\.npm" r"js|files\.python" r"hosted)", "package registry"),
    (r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b", "unfinished work; do it or write it into docs/limitations.md"),
]
# In C++ only.
CPP = [
    (r"\bstd::(?:basic_)?reg" r"ex", "std::reg" "ex is slow and recurses without bound"),
    (r"\busing namespace std\b", "using namespace std"),
    (r"\b(?:rand|srand|gets|strcpy|sprintf|system)\s*\(", "use the C++ way"),
]
# In tests only: assertions that cannot fail, and tests that do not run.
TESTS = [
    (r"\b(?:CHECK|REQUIRE|STATIC_REQUIRE)(?:_FALSE)?\s*\(\s*(?:true|false|1|0)\s*\)", "assertion that cannot fail"),
    (r"\b(?:CHECK|REQUIRE)(?:_FALSE)?\s*\([^;]*(?:\|\|\s*true|&&\s*false)", "assertion that cannot fail"),
    (r"\b(?:CHECK|REQUIRE)\s*\(\s*([\w.>()-]+)\s*==\s*\1\s*\)", "compares a thing with itself"),
    (r"\b(?:SUCCEED|CHECK_NOFAIL)\s*\(", "assertion that cannot fail"),
    (r"TEST_CASE.*\[(?:\.|hide|!mayfail|!shouldfail)[\w-]*\]", "hidden or excused test"),
    (r"^\s*#\s*if\s+0\b", "code switched off"),
]


def findings(text, rules):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in rules:
            if re.search(pattern, line):
                yield number, why


def check_header(text):
    lines = text.splitlines()
    if not lines or lines[0] != "#pragma once":
        yield 1, "a header begins with #pragma once"
    if len(lines) < 2 or not lines[1].startswith("//"):
        yield 2, "a header says in a comment below #pragma once what it is for"


def check_text(path, text):
    """(line, complaint) of a file, `path` relative to the root."""
    yield from findings(text, ANYWHERE)
    cpp = path.suffix in {".hpp", ".cpp"}
    if cpp:
        yield from findings(text, CPP)
    if cpp and path.parts[0] == "tests":
        yield from findings(text, TESTS)
    if path.parts[0] in {"src", "include"} and len(text.splitlines()) > MOST_LINES:
        yield MOST_LINES, f"longer than {MOST_LINES} lines; split it"
    if path.suffix == ".hpp":
        yield from check_header(text)
    if text and not text.endswith("\n"):
        yield len(text.splitlines()), "no line break at the end"
    for number, line in enumerate(text.splitlines(), 1):
        if cpp and "\t" in line:
            yield number, "tab"


def files(root):
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        own_dot_folder = parts[0] in (".ci", ".github") or not parts[0].startswith(".") or len(parts) == 1
        if parts[0] in SKIPPED or not own_dot_folder or not path.is_file() or path.suffix not in TEXT or "corpus" in parts:
            continue
        yield path


DEFINED = re.compile(r"^(?:struct|class|enum class|union)\s+(\w+)(?:\s+final)?\s*(?::[^:{][^{]*)?\{")
NAMESPACE = re.compile(r"^namespace ([\w:]*)\s*\{")


def types(text):
    """(line, qualified name) of each type that a file defines at namespace level; those of one file alone, in an
    unnamed namespace, left out."""
    open_spaces = []
    for number, line in enumerate(text.splitlines(), 1):
        if space := NAMESPACE.match(line):
            open_spaces.append(space.group(1))
        elif line.startswith("}  // namespace") and open_spaces:
            open_spaces.pop()
        elif (defined := DEFINED.match(line)) and "" not in open_spaces:
            yield number, "::".join([*open_spaces, defined.group(1)])


def defined_twice(sources):
    """(path, line, complaint) of types of one name in several files: the linker takes one for the other."""
    first = {}
    for path, text in sources:
        for number, name in types(text):
            if name in first:
                yield path, number, f"{name} is defined in {first[name]} too; every type has its own name"
            first.setdefault(name, path)


def self_test():
    def hits(name, text):
        return [why for _, why in check_text(pathlib.Path(name), text)]

    good = "#pragma once\n// What it is.\nint f();\n"
    bad = [
        ("src/a/b.cpp", "// TO" "DO\n"),
        ("docs/a.md", "see /wo" "rk/x\n"),
        ("src/a/b.cpp", "std::reg" "ex r;\n"),
        ("src/a/b.hpp", "// no pragma\n"),
        ("src/a/b.hpp", "#pragma once\nint f();\n"),
        ("src/a/b.cpp", "x\n" * (MOST_LINES + 1)),
        ("src/a/b.cpp", "no end"),
        ("tests/a.cpp", "CHECK(tr" "ue);\n"),
        ("tests/a.cpp", "CHECK(a.b() == a.b());\n"),
        ("tests/a.cpp", 'TEST_CASE("x", "[' '.]")\n'),
        ("tests/a.cpp", "CHECK(x || tr" "ue);\n"),
    ]
    out = [f"self-test: missed {name} {text[:40]!r}" for name, text in bad if not hits(name, text)]
    twice = [("a.hpp", "namespace n {\nstruct A {\n};\n}  // namespace n\n"), ("b.hpp", "namespace n {\nclass A final {\n")]
    alone = [("a.hpp", "namespace n {\nstruct A {\n"), ("b.cpp", "namespace n {\nnamespace {\nstruct A {\n"),
             ("c.cpp", "namespace m {\nstruct A {\n"), ("d.hpp", "namespace n {\nstruct A;\n")]
    if not list(defined_twice(twice)):
        out.append("self-test: missed a type that is defined twice")
    if list(defined_twice(alone)):
        out.append("self-test: types of different namespaces are refused")
    if hits("include/gpusize/a/b.hpp", good):
        out.append("self-test: a good header is refused")
    return out


def main():
    root = pathlib.Path(sys.argv[1])
    found = self_test() if "--self-test" in sys.argv else [
        f"{path}:{number}: {why}"
        for path in files(root)
        for number, why in check_text(path.relative_to(root), path.read_text(encoding="utf-8"))]
    if "--self-test" not in sys.argv:
        sources = [(path, path.read_text(encoding="utf-8")) for folder in ("include", "src")
                   for path in sorted((root / folder).rglob("*.[ch]pp"))]
        found += [f"{path}:{number}: {why}" for path, number, why in defined_twice(sources)]
    print("\n".join(found) or "house rules hold")
    return 1 if found else 0


sys.exit(main())
