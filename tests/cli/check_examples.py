#!/usr/bin/env python3
"""check_examples.py GPUSIZE SOURCE: the help of every command ends with examples of that command, which
are run in the source folder. One that names a file which is not there must get as far as missing it; any
other must be answered."""

import os
import re
import shlex
import subprocess
import sys

LOCAL = re.compile(r"\.(csv|json|yaml)$|/")


def output_of(binary, words, folder=None):
    return subprocess.run([binary, *words], capture_output=True, text=True, cwd=folder)


def commands(binary):
    listed = output_of(binary, ["--help"]).stdout.split("Subcommands:")[1]
    return re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)


def examples(binary, command):
    text = output_of(binary, [command, "--help"]).stdout.split("Example: ")[-1]
    return [line.strip() for line in text.strip().splitlines()]


def fault(binary, command, line, source):
    if not line.startswith(f"gpusize {command} "):
        return f"{command}: no example of its own: {line!r}"
    words = shlex.split(line)[1:]
    options_of_engine = words.index("--") if "--" in words else len(words)
    mine = [word for word in words[:options_of_engine] if LOCAL.search(word)]
    ran = output_of(binary, words, source)
    if all(os.path.exists(os.path.join(source, word)) for word in mine):
        return "" if ran.returncode in (0, 1) else f"{line}: {ran.stderr}"
    if ran.returncode == 2 and re.search(r"no such file|cannot read|does not exist", ran.stderr, re.IGNORECASE):
        return ""
    return f"{line}: expected to miss its file, got {ran.returncode}: {ran.stderr}"


def main():
    binary = sys.argv[1]
    names = commands(binary)
    if len(names) < 10:
        sys.exit(f"only {names} are listed")
    lines = [(name, line) for name in names for line in examples(binary, name)]
    faults = [text for name, line in lines if (text := fault(binary, name, line, sys.argv[2]))]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
