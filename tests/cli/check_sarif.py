#!/usr/bin/env python3
"""SARIF of findings, suppressions and a baseline, judged by Microsoft's sarif-multitool: the official schema and the
rules of the format. Exit code 77 (skipped) without it (scripts/deps --optional sarif). Usage: check_sarif.py GPUSIZE DATA"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path.home() / ".cache/gpusize-sarif/node_modules/.bin/sarif-multitool"


def main():
    program, data = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    if not TOOL.exists():
        print("no sarif-multitool: scripts/deps --optional sarif")
        return 77
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        check = [program, "check", "--today", "2026-11-26", "--exit-zero"]
        baseline = out / "baseline.json"
        subprocess.run([*check, data / "err", "--output", f"json={baseline}"], check=True, capture_output=True)
        cases = {
            "relative": (["err"], data),
            "absolute": ([str(data / "err")], "/"),
            "clean": (["ok"], data),
            "suppressed": (["rules/GS511/near.yaml", "rules/GS510/near.yaml"], data),
            "baseline": (["err", "rules/GS101", "--baseline", str(baseline)], data),
        }
        for name, (words, where) in cases.items():
            path = out / f"{name}.sarif"
            subprocess.run([*check, *words, "--output", f"sarif={path}"], cwd=where, check=True, capture_output=True)
            judged = out / f"{name}.judged.sarif"
            ran = subprocess.run(
                [TOOL, "validate", path, "--output", judged, "--level", "Error;Warning"],
                capture_output=True,
                text=True,
                env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            )
            if not judged.is_file():
                bad.append(f"{name}: not judged: {ran.stdout}{ran.stderr}")
                continue
            rows = json.loads(judged.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
            bad += [f"{name}: {row['ruleId']} {row.get('level', 'warning')}: {row['message']}" for row in rows]
    print("\n".join(bad) or "valid SARIF")
    return 1 if bad else 0


sys.exit(main())
