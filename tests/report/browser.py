#!/usr/bin/env python3
"""Makes pages of every kind in both languages and opens them in Chromium: usage browser.py GPUSIZE SCRIPT FOLDER
Exit code 77 (skipped) without chromium, node or playwright-core (scripts/deps --optional browser)."""

import pathlib
import shutil
import subprocess
import sys

COMMANDS = {
    "plan": ["plan", "--model", "deepseek-7b", "--qps", "50"],
    "plan-owned": ["plan", "--model", "deepseek-r1", "--qps", "5", "--price-basis", "owned"],
    "estimate": ["estimate", "--model", "deepseek-r1", "--gpu", "H200-SXM-141GB", "--tp", "8"],
    "tco": ["tco", "--model", "deepseek-7b", "--qps", "50", "--scenario", "own,rent,api,hybrid"],
}
MOST_BYTES = 1 << 20


def playwright():
    """The folder that holds playwright-core, or None."""
    roots = [pathlib.Path.home() / ".cache" / "gpusize-browser", pathlib.Path("/usr/share/nodejs"), pathlib.Path("/usr/lib")]
    for root in roots:
        if (root / "node_modules" / "playwright-core").is_dir():
            return root
    return None


def main():
    binary, script, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    root = playwright()
    if not chromium or not shutil.which("node") or not root:
        print("no chromium, node or playwright-core: scripts/deps --optional browser")
        return 77
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    known = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    pages = []
    for name, command in COMMANDS.items():
        if f"\n  {command[0]} " not in known:
            continue
        for lang in ("en", "zh"):
            page = folder / f"{name}-{lang}.html"
            subprocess.run([binary, *command, "--lang", lang, "--output", f"html={page}"], stdout=subprocess.DEVNULL, check=True)
            if page.stat().st_size > MOST_BYTES:
                print(f"{page.name} has {page.stat().st_size} bytes")
                return 1
            pages.append(str(page))
    return subprocess.run(["node", script, chromium, str(root), str(folder), *pages], check=False).returncode


sys.exit(main())
