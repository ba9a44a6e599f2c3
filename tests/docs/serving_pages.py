#!/usr/bin/env python3
"""Runs every command of docs/serving.md, in the order of the page, and compares the figures of the published day with the
program's own.

    serving_pages.py GPUSIZE PAGE CONFIGS    exit code 1 and a list when something fails or differs"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

TRACE_ROWS = 200
INPUT_A_DAY, OUTPUT_A_DAY = 608e9, 168e9
NODE, RANKS = 8, 128
CONTEXT, BATCH = 4989, 8192


def commands(page):
    """Lines of code blocks and code in tables that call gpusize."""
    for line in page.splitlines():
        if line.startswith("    gpusize "):
            yield line.split(" # ")[0].strip()
        elif line.startswith("|"):
            yield from re.findall(r"`(gpusize [^`]*)`", line)
        else:
            yield from re.findall(r"`(gpusize tco [^`]*)`", line)


def make_trace(path):
    rows = ["TIMESTAMP,ContextTokens,GeneratedTokens"]
    for i in range(TRACE_ROWS):
        rows.append(f"2024-05-10 00:{i // 60:02d}:{i % 60:02d}.0000000,{400 + 37 * (i % 23)},{20 + 11 * (i % 17)}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def run(binary, command, folder):
    return subprocess.run(command.replace("gpusize ", f"'{binary}' ", 1), shell=True, cwd=folder, capture_output=True, text=True,
                          check=False)


def thousands(value):
    return f"{value / 1000:.1f}k"


def day_row(binary, lines, folder):
    """The row of the profile in the table of the day."""
    steps = {}
    for line in lines:
        if "--engine deepseek" in line:
            answer = json.loads(run(binary, line + " --format json", folder).stdout)
            steps[answer["step"]["phase"]] = answer["step"]["time_ms"]["value"] / 1000
    prefill = CONTEXT * NODE / steps["prefill"]
    decode = BATCH / RANKS * NODE / steps["decode"]
    nodes = [INPUT_A_DAY / 86400 / prefill, OUTPUT_A_DAY / 86400 / decode]
    return (f"| engine `deepseek` | {thousands(prefill)} | {thousands(decode)} | {1 / steps['decode']:.1f} | "
            f"{nodes[0]:.1f} + {nodes[1]:.1f} = {sum(nodes):.1f} |")


def main():
    binary, page, configs = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"), pathlib.Path(sys.argv[3])
    problems = []
    lines = list(commands(page))
    if len(lines) < 15:
        problems.append(f"only {len(lines)} commands found")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "configs").symlink_to(configs)
        make_trace(folder / "trace.csv")
        for line in lines:
            done = run(binary, line, folder)
            if done.returncode != 0:
                problems.append(f"{line}\n{done.stderr}")
        row = day_row(binary, lines, folder)
    if row not in page:
        problems.append(f"the page does not have the row\n{row}")
    if problems:
        sys.exit("\n".join(problems))


main()
