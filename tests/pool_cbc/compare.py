#!/usr/bin/env python3
"""Our exact pools against CBC (Debian's coinor-cbc): the same least cost, or both say that nothing fits.
Usage: compare.py GPUSIZE_POOL_LP FOLDER (exit code 77: no cbc; scripts/deps --optional solver)"""

import pathlib
import shutil
import subprocess
import sys


def ask_cbc(program):
    """The least cost; None when CBC finds that no assignment keeps the limits."""
    solution = program.with_suffix(".sol")
    done = subprocess.run(["cbc", program, "ratioGap", "0", "allowableGap", "0", "solve", "solution", solution],
                          capture_output=True, text=True, check=False)
    status = solution.read_text(encoding="utf-8").splitlines()[0] if solution.exists() else done.stdout[-2000:]
    if status.startswith("Infeasible"):
        return None
    if not status.startswith("Optimal - objective value"):
        sys.exit(f"{program}: cbc says {status}")
    return float(status.rsplit(" ", 1)[1])


def main(writer, folder):
    if not shutil.which("cbc"):
        print("no cbc: scripts/deps --optional solver")
        return 77
    folder = pathlib.Path(folder)
    rows = subprocess.run([writer, folder], capture_output=True, text=True, check=True).stdout.splitlines()
    bad = 0
    for row in rows:
        name, ours, how = row.split(",")
        theirs = ask_cbc(folder / f"{name}.lp")
        same = theirs is None if not ours else theirs is not None and abs(float(ours) - theirs) <= 1e-6 * theirs + 1e-3
        good = same and how == "exact"
        bad += not good
        print(f"{name}: ours {ours or 'none'} ({how}), cbc {theirs}{'' if good else '  DIFFERENT'}")
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
