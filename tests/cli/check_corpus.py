#!/usr/bin/env python3
"""Every fixture says in its line `# expect: ...` which rules it raises at least, or `clean` (nothing above info);
each file of err/ has its twin in ok/. Usage: check_corpus.py GPUSIZE DATA"""

import json
import pathlib
import re
import subprocess
import sys

program, data = sys.argv[1], pathlib.Path(sys.argv[2])
bad = []
names = {side: {path.name for path in (data / "deploy" / side).iterdir()} for side in ("ok", "err")}
bad += [f"{name}: only on one side" for name in sorted(names["ok"] ^ names["err"])]
for side in ("ok", "err"):
    for path in sorted((data / "deploy" / side).iterdir()):
        wanted = re.search(r"^# expect: (.+)$", path.read_text(), re.M)[1].split()
        ran = subprocess.run([program, "check", path, "--format", "json", "--today", "2026-11-26"], capture_output=True, text=True)
        if ran.returncode not in (0, 1):
            bad.append(f"{side}/{path.name}: exit code {ran.returncode}: {ran.stderr}")
            continue
        document = json.loads(ran.stdout)
        raised = {finding["rule"] for finding in document["findings"] if finding["severity"] != "info" or side == "err"}
        if not document["workloads"]:
            bad.append(f"{side}/{path.name}: no workload read")
        if wanted == ["clean"] and raised:
            bad.append(f"{side}/{path.name}: {sorted(raised)}")
        elif wanted != ["clean"] and not set(wanted) <= raised:
            bad.append(f"{side}/{path.name}: wanted {wanted}, raised {sorted(raised)}")
        strict = subprocess.run([program, "check", path, "--strict", "--exit-zero", "--today", "2026-11-26"], capture_output=True)
        if strict.returncode != (3 if document["not_assessed"] else 0):
            bad.append(f"{side}/{path.name}: --strict gives {strict.returncode}")
print("\n".join(bad) or "every fixture does what it says")
sys.exit(1 if bad else 0)
