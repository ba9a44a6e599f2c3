#!/usr/bin/env python3
"""docs/rules-of-thumb.md from tests/docs/rules_of_thumb.toml: each claim's commands are run, their numbers put
into the claim's formula, and the value judged by its limits.
Usage: rules_of_thumb.py GPUSIZE [PAGE]: prints the page, or compares it with PAGE."""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tomllib

HEAD = """# Rules of thumb

Common claims put through the tool. Each number is what the command printed below it answers (`--format json`, at the
name given); the tests run every command and compare this page. Written by `cmake --build build/test --target docs`
from `tests/docs/rules_of_thumb.toml`.
"""
STEP = re.compile(r"([^\[]+)(\[(?:(\w+)(=|>)([^\]]+))?\])?$")


def answer(binary, command, kept):
    """The JSON of a command; answered once."""
    if command not in kept:
        run = subprocess.run([binary, *shlex.split(command), "--format", "json"], capture_output=True, text=True)
        if run.returncode not in (0, 1):
            sys.exit(f"gpusize {command}\n{run.stderr}")
        kept[command] = json.loads(run.stdout)
    return kept[command]


def found(document, path):
    """All values at `/a/b[name=x]/c`: entries of a list by a text or a number in them; `[]` is all of them."""
    values = [document]
    for step in path.strip("/").split("/"):
        key, every, name, how, wanted = STEP.match(step).groups()
        values = [v[int(key)] if isinstance(v, list) else v[key] for v in values]
        if every:
            values = [e for v in values for e in v if not name or
                      (str(e[name]) == wanted if how == "=" else e[name] > float(wanted))]
    return values


def number(binary, entry, kept):
    values = found(answer(binary, entry["run"], kept), entry["at"])
    if not values:
        sys.exit(f"nothing at {entry['at']} of: gpusize {entry['run']}")
    take = {"sum": sum, "max": max, "only": lambda v: v[0]}[entry.get("take", "only")]
    return float(take(values)) if values[0] is not None else None


def shown(value):
    if value is None:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def section(binary, claim, kept):
    values = {name: number(binary, entry, kept) for name, entry in claim["numbers"].items()}
    none = any(v is None for v in values.values())
    value = None if none else eval(claim["value"], {"__builtins__": {}, "max": max, "min": min}, dict(values))
    holds = value is not None and claim["low"] <= value <= claim["high"]
    verdict = "agrees" if holds else "does not agree"
    lines = [f"\n## {claim['claim']}\n",
             f"**{verdict}**: {claim['what']} is {shown(value)}{claim['unit']}; the claim needs "
             f"{shown(claim['low'])} to {shown(claim['high'])}.\n" if claim["high"] < 1e9 else
             f"**{verdict}**: {claim['what']} is {shown(value)}{claim['unit']}; the claim needs at least "
             f"{shown(claim['low'])}.\n",
             claim["why"].strip() + "\n"]
    lines.append("| number | value | command | at |\n|---|---:|---|---|")
    for name, entry in claim["numbers"].items():
        take = f"{entry['take']} of " if "take" in entry else ""
        lines.append(f"| {name} | {shown(values[name])} | `gpusize {entry['run']}` | {take}`{entry['at']}` |")
    return "\n".join(lines) + "\n"


def main():
    with open(pathlib.Path(__file__).with_suffix(".toml"), "rb") as file:
        claims = tomllib.load(file)["claims"]
    kept = {}
    page = HEAD + "".join(section(sys.argv[1], claim, kept) for claim in claims)
    if len(sys.argv) < 3:
        print(page, end="")
    elif pathlib.Path(sys.argv[2]).read_text(encoding="utf-8") != page:
        sys.exit(f"{sys.argv[2]} is not what the commands answer; build the target \"docs\" to write it anew")


main()
