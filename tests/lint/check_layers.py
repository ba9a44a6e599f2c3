#!/usr/bin/env python3
"""Holds the layers: a module includes itself and modules below it, never sideways, and third-party
libraries stay in the modules that own them. Usage: check_layers.py ROOT [--self-test]"""

import pathlib
import re
import sys

LAYERS = [  # bottom first
    {"core"},
    {"catalog", "spec"},
    {"ops", "hw"},
    {"estimate"},
    {"layout", "train"},
    {"serve"},
    {"tco"},
    {"plan", "calibrate"},
    {"fleet"},  # plans for several models
    {"gate", "manifest", "report"},
    {"cli"},
]
LEVEL = {module: level for level, modules in enumerate(LAYERS) for module in modules}

# First path component of an angle include -> modules that may use it.
THIRD_PARTY = {
    "yaml-cpp": {"spec"},
    "nlohmann": {"spec", "plan", "report", "calibrate", "manifest"},
    "CLI": {"cli"},
    "spdlog": {"cli"},
    "xlsxwriter.h": {"report"},
}
PUBLIC_TOO = {"nlohmann": {"plan", "report"}}  # the result document is JSON; else only in src/
# Headers that take seconds to compile: the only files that may include them.
ONLY_IN = {"CLI": {"src/cli/main.cpp", "src/cli/parser.cpp"}}
EXEMPT = {"cmake"}  # build tools
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def check_include(module, public, bracket, path, file=None):
    """The complaint about one include, or None."""
    first = path.split("/")[0]
    if first == "gpusize":
        other = path.split("/")[1] if path.count("/") >= 2 else None
        if other not in LEVEL:
            return f"{path}: no such module (expected gpusize/module/file.hpp)"
        if other != module and LEVEL[other] >= LEVEL[module]:
            return f"{module} may not include {other}"
        return None
    if bracket == '"':
        if public:
            return f'"{path}": public headers include "gpusize/module/file.hpp" only'
        if first != module:
            return f'"{path}": a private header is included as "{module}/file.hpp", by its own module'
        return None
    if first in THIRD_PARTY:
        owners = PUBLIC_TOO.get(first, set()) if public else THIRD_PARTY[first]
        if module not in owners:
            return f"<{path}> belongs in " + ", ".join("src/" + owner for owner in sorted(THIRD_PARTY[first]))
    if bracket == "<" and file is not None and file not in ONLY_IN.get(first, {file}):
        return f"<{path}> belongs in " + ", ".join(sorted(ONLY_IN[first]))
    return None


def check_file(root, path):
    parts = path.relative_to(root).parts
    public = parts[0] == "include"
    module = parts[2] if public else parts[1]
    if module in EXEMPT:
        return
    if module not in LEVEL:
        yield f"{path}:1: module \"{module}\" has no layer; add it to tests/lint/check_layers.py"
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        complaint = found and check_include(module, public, *found.groups(), path.relative_to(root).as_posix())
        if complaint:
            yield f"{path}:{number}: {complaint}"


def sources(root):
    for folder in ("include/gpusize", "src"):
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            if len(path.relative_to(root / folder).parts) >= 2:
                yield path


def self_test():
    """The rules themselves: (module, public, bracket, path, allowed)."""
    rows = [
        ("plan", False, '"', "gpusize/core/text.hpp", True),
        ("plan", False, '"', "gpusize/plan/plan.hpp", True),
        ("ops", False, '"', "gpusize/hw/device.hpp", False),  # sideways
        ("core", True, '"', "gpusize/cli/main.hpp", False),  # upward
        ("core", True, '"', "gpusize/nothing/x.hpp", False),
        ("core", True, '"', "gpusize/text.hpp", False),
        ("spec", False, "<", "yaml-cpp/parser.h", True),
        ("catalog", False, "<", "yaml-cpp/parser.h", False),
        ("spec", True, "<", "yaml-cpp/parser.h", False),  # not in a public header
        ("report", False, "<", "nlohmann/json.hpp", True),
        ("plan", True, "<", "nlohmann/json.hpp", True),
        ("spec", True, "<", "nlohmann/json.hpp", False),
        ("core", False, "<", "nlohmann/json.hpp", False),
        ("cli", False, "<", "CLI/CLI.hpp", True),
        ("plan", False, "<", "spdlog/spdlog.h", False),
        ("plan", False, "<", "fmt/format.h", True),
        ("cli", False, '"', "cli/command.hpp", True),
        ("plan", False, '"', "cli/command.hpp", False),
        ("core", True, '"', "text.hpp", False),
    ]
    rows += [
        ("cli", False, "<", "CLI/CLI.hpp", "src/cli/parser.cpp", True),
        ("cli", False, "<", "CLI/CLI.hpp", "src/cli/cmd_plan.cpp", False),
        ("cli", False, "<", "fmt/format.h", "src/cli/cmd_plan.cpp", True),
    ]
    return [f"self-test: {row}" for row in rows if (check_include(*row[:-1]) is None) != row[-1]]


def main():
    root = pathlib.Path(sys.argv[1])
    found = self_test() if "--self-test" in sys.argv else [c for p in sources(root) for c in check_file(root, p)]
    print("\n".join(found) or "layers hold")
    return 1 if found else 0


sys.exit(main())
