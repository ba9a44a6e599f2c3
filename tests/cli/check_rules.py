#!/usr/bin/env python3
"""Every rule of `explain --rules` has a folder with a file where it fires and a near miss where it must not, and no
folder is without a rule. The line `# run: ...` of a file is the command; {} is the file, {dir} its folder.
Usage: check_rules.py GPUSIZE DATA/deploy/rules"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

program, root = sys.argv[1], pathlib.Path(sys.argv[2])


def raised(path):
    """Codes that the file's command raises, or what went wrong."""
    command = re.search(r"^# run: (.+)$", path.read_text(), re.M)[1].split()
    words = [word.replace("{dir}", str(path.parent)).replace("{}", str(path)) for word in command]
    ran = subprocess.run(
        [program, *words, "--today", "2026-11-26", "--format", "json"], capture_output=True, text=True
    )
    if ran.returncode not in (0, 1):
        return f"exit code {ran.returncode}: {ran.stderr}"
    document = json.loads(ran.stdout)
    rows = [row for key in ("findings", "not_assessed", "guardrails") for row in document.get(key, [])]
    return {row["rule"] for row in rows}


def judge(rule, side):
    path = root / rule / f"{side}.yaml"
    if not path.is_file():
        return f"{rule}: no {side}.yaml"
    codes = raised(path)
    if isinstance(codes, str):
        return f"{rule}/{side}: {codes}"
    if (rule in codes) != (side == "fires"):
        return f"{rule}/{side}: raised {sorted(codes)}"
    return None


pages = subprocess.run([program, "explain", "--rules"], capture_output=True, text=True, check=True).stdout
rules = re.findall(r"^# (GS\d+):", pages, re.M)
assert len(rules) > 30, "the pages of the rules were read"
bad = [f"{path.name}: no such rule" for path in sorted(root.iterdir()) if path.name not in rules]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    bad += filter(None, pool.map(lambda case: judge(*case), [(r, s) for r in rules for s in ("fires", "near")]))
print("\n".join(bad) or f"{len(rules)} rules fire and stay silent where they must")
sys.exit(1 if bad else 0)
