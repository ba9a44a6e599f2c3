#!/usr/bin/env python3
"""Whether every number of a command's JSON can be explained from the file alone.
Usage: check_explain.py GPUSIZE ARGUMENTS..."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

# The name of a number (a weight role in it may hold a space), its value, its unit.
LISTED = re.compile(r"^(\S.*?)\s+(-?\d[\d.]*(?:e[+-]?\d+)?)(?: .*)?$")


def numbers(value, path=""):
    """JSON pointers and values of all numbers below."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield path, value
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from numbers(child, f"{path}/{i}")
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from numbers(child, f"{path}/{key}")


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def problems(binary, arguments, file):
    made = run(binary, *arguments, "--format", "json")
    if made.returncode not in (0, 1):
        return [made.stderr]
    file.write_text(made.stdout, encoding="utf-8")
    wanted = list(numbers(json.loads(made.stdout)))
    if not wanted:
        return ["no numbers"]
    listed = run(binary, "explain", str(file))
    if listed.returncode != 0:
        return [listed.stderr]
    values = {}
    for line in listed.stdout.splitlines():
        name, value = LISTED.match(line).groups()
        values[name] = float(value)
    out = []
    for path, value in wanted:
        shown = values.get(path[1:].replace("/", "."))
        if shown is None or abs(shown - value) > 1e-7 * max(abs(value), abs(shown)):
            out.append(f"{path} is {value}, listed as {shown}")
    asked = run(binary, "explain", str(file), "--depth", "1", *[path for path, _ in wanted])
    told = asked.stdout.rstrip("\n").split("\n\n")
    if asked.returncode != 0 or asked.stderr:
        out.append(asked.stderr)
    elif len(told) != len(wanted):
        out.append(f"{len(wanted)} numbers, {len(told)} derivations")
    # A derivation is the number and, below it, at least one line of where it comes from.
    out += [f"{path}: no reason given" for (path, _), text in zip(wanted, told) if "\n" not in text]
    return out


def main():
    with tempfile.TemporaryDirectory() as folder:
        found = problems(sys.argv[1], sys.argv[2:], pathlib.Path(folder) / "result.json")
    print("\n".join(found[:50]) or "all explained")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
