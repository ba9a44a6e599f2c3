#!/usr/bin/env python3
"""Whether each public header compiles alone. Usage: check_headers.py ROOT BUILD CMAKE [--self-test]

A header that a source includes before anything else is shown to by the build of that source. The others are compiled
here, each as a source of its own (CMake's VERIFY_INTERFACE_HEADER_SETS; the target all_verify_interface_header_sets
compiles all of them)."""

import json
import pathlib
import re
import subprocess
import sys

DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(.*)$", re.M)
INCLUDE = re.compile(r'include[ \t]*"([^"]+)"')
VERIFIED = re.compile(r"_verify_interface_header_sets/(.+\.hpp)\.cxx")


def first_include(text):
    """The header that a source includes before any other directive, or None."""
    directive = DIRECTIVE.search(text)
    found = directive and INCLUDE.match(directive[1])
    return found[1] if found else None


def unproven(headers, texts):
    proven = {first_include(text) for text in texts}
    return [header for header in headers if header not in proven]


def self_test():
    headers = ["gpusize/a.hpp", "gpusize/b.hpp", "gpusize/c.hpp"]
    texts = ['// Says.\n#include "gpusize/a.hpp"\n#include "gpusize/b.hpp"\n', '#define X\n#include "gpusize/c.hpp"\n']
    return [] if unproven(headers, texts) == headers[1:] else ["self-test: which headers are shown to compile"]


def main():
    root, build, cmake = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    objects, texts = {}, []
    for entry in entries:
        if found := VERIFIED.search(entry["file"].replace("\\", "/")):
            objects[found[1]] = re.search(r"-o (\S+)", entry["command"])[1]
        elif (path := pathlib.Path(entry["file"])).is_relative_to(root / "src"):
            texts.append(path.read_text(encoding="utf-8"))
    headers = {path.relative_to(root / "include").as_posix() for path in (root / "include").rglob("*.hpp")}
    missing = sorted(headers - set(objects))
    if missing:
        print("not among the headers that CMake verifies: " + ", ".join(missing))
        return 1
    targets = [objects[header] for header in unproven(sorted(headers), texts)]
    print(f"{len(headers)} headers, {len(headers) - len(targets)} shown to compile alone by a source", flush=True)
    return subprocess.run([cmake, "--build", build, "--target", *targets], check=False).returncode if targets else 0


def report(problems):
    print("\n".join(problems) or "headers are told apart")
    return 1 if problems else 0


sys.exit(report(self_test()) if "--self-test" in sys.argv else main())
