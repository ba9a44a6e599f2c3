#!/usr/bin/env python3
"""Runs one command-line test: usage run_cli_tests.py GPUSIZE DATA_DIR FILE.test

A .test file holds comment lines (#) and these sections, each with the lines up to the next one:

    @file PATH       a file for the command, written before the first @run
    @repeat PATH N TEXT  a file of N times TEXT
    @sparse PATH N   a file of N zero bytes that takes no room on the disk
    @bytes PATH HEX  a file of these bytes
    @fifo PATH       a pipe that nobody writes to
    @env NAME=VALUE  a variable for the next @run
    @run gpusize ... the command (no shell), run in an empty folder that holds the files and `data`,
                     a copy of tests/data
    @exit N          its exit code
    @stdout, @stderr its exact output; left out: empty

Several @run may follow each other. GPUSIZE_UPDATE_GOLDEN=1 writes what came out into the file.
The tool's version is shown as <version>."""

import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_S = 60
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "SYSTEMROOT", "TMPDIR")
SECTION = re.compile(r"^@(file|repeat|sparse|bytes|fifo|env|run|exit|stdout|stderr)\b ?(.*)$")


def parse(text):
    """Sections as [kind, argument, lines]; lines before the first one have the kind None."""
    sections = [[None, "", []]]
    for line in text.splitlines():
        match = SECTION.match(line)
        if match:
            sections.append([match[1], match[2], []])
        else:
            sections[-1][2].append(line)
    return sections


def body(lines):
    """The text of a section: blank lines and comments before the next section are layout."""
    lines = list(lines)
    while lines and (not lines[-1].strip() or lines[-1].startswith("# ")):
        lines.pop()
    return "".join(line + "\n" for line in lines)


def steps_of(sections):
    """One dict per @run with its environment and expectations."""
    steps, env = [], {}
    for kind, argument, lines in sections:
        if kind == "env":
            name, _, value = argument.partition("=")
            env[name] = value
        elif kind == "run":
            steps.append({"run": argument, "env": env, "exit": "0", "stdout": "", "stderr": ""})
            env = {}
        elif kind == "exit":
            steps[-1]["exit"] = argument.strip()
        elif kind in ("stdout", "stderr"):
            steps[-1][kind] = body(lines)
    return steps


def normalised(text, version):
    """The output without what changes from release to release, ending in a newline."""
    text = text.replace(f'"version": "{version}"', '"version": "<version>"')
    text = text.replace(f"gpusize {version}", "gpusize <version>")
    return text if not text or text.endswith("\n") else text + "\n"


def make_repeat(target, argument):
    count, _, text = argument.partition(" ")
    target.write_text(int(count) * text, encoding="utf-8")


def make_sparse(target, argument):
    with target.open("wb") as file:
        file.truncate(int(argument))


# How the files that no section holds come about.
MAKERS = {"repeat": make_repeat, "sparse": make_sparse,
          "bytes": lambda target, argument: target.write_bytes(bytes.fromhex(argument)),
          "fifo": lambda target, _: os.mkfifo(target)}


def write_files(sections, root):
    for kind, argument, lines in sections:
        if kind == "file":
            name, rest = argument, ""
        elif kind in MAKERS:
            name, _, rest = argument.partition(" ")
        else:
            continue
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "file":
            target.write_text(body(lines), encoding="utf-8")
        else:
            MAKERS[kind](target, rest)


def execute(binary, version, step, folder):
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment.update(step["env"])
    words = shlex.split(step["run"])
    if not words or words[0] != "gpusize":
        raise SystemExit(f"@run must start with gpusize: {step['run']}")
    done = subprocess.run([binary, *words[1:]], cwd=folder, env=environment, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    streams = {name: normalised(data.decode("utf-8", "backslashreplace"), version)
               for name, data in (("stdout", done.stdout), ("stderr", done.stderr))}
    return {"exit": str(done.returncode), **streams}


def rewritten(sections, results):
    """The file's text with actual results in place of expectations."""
    out, run = [], 0
    trailing = []
    for kind, argument, lines in sections:
        if kind in ("exit", "stdout", "stderr"):
            kept = len(body(lines).splitlines())
            trailing = lines[kept:] or trailing
            continue
        if run and trailing:
            out += trailing
            trailing = []
        if kind:
            out.append(f"@{kind} {argument}".rstrip())
        out += lines
        if kind == "run":
            while out and not out[-1].strip():
                trailing.append(out.pop())
            result = results[run]
            run += 1
            if result["exit"] != "0":
                out.append(f"@exit {result['exit']}")
            for stream in ("stdout", "stderr"):
                if result[stream]:
                    out += [f"@{stream}", *result[stream].splitlines()]
            trailing = trailing or [""]
    return "\n".join(out).rstrip() + "\n"


def differences(step, result):
    for name in ("exit", "stdout", "stderr"):
        if step[name] != result[name]:
            yield from difflib.unified_diff(step[name].splitlines(), result[name].splitlines(),
                                            f"expected {name}", f"actual {name}", lineterm="")


def main():
    binary, data, path = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    sections = parse(path.read_text(encoding="utf-8"))
    steps = steps_of(sections)
    if not steps:
        raise SystemExit(f"{path}: no @run")
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        shutil.copytree(data, root / "data")
        write_files(sections, root)
        results = [execute(binary, version, step, folder) for step in steps]
    if os.environ.get("GPUSIZE_UPDATE_GOLDEN") == "1":
        path.write_text(rewritten(sections, results), encoding="utf-8")
        return 0
    failed = False
    for step, result in zip(steps, results):
        lines = list(differences(step, result))
        if lines:
            failed = True
            print(f"{path}: {step['run']}")
            print("\n".join(lines))
    if failed:
        print("When the new output is right: GPUSIZE_UPDATE_GOLDEN=1 ctest -L cli")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
