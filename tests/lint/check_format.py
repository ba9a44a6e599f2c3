#!/usr/bin/env python3
"""Whether clang-format would change anything. Usage: check_format.py CLANG_FORMAT ROOT"""

import pathlib
import subprocess
import sys

root = pathlib.Path(sys.argv[2])
sources = [str(p) for folder in ("include", "src", "tests") for p in sorted((root / folder).rglob("*.[ch]pp"))]
run = subprocess.run([sys.argv[1], "--dry-run", "-Werror", "--style=file", *sources], capture_output=True, text=True, check=False)
if run.returncode != 0:
    names = sorted({line.split(":")[0] for line in run.stderr.splitlines() if " error: " in line})
    print("run: clang-format -i " + " ".join(names))
    sys.exit(1)
print("format holds")
