"""Runs of the gpusize program that `scripts/accuracy` evaluates."""

import json
import subprocess
import sys


def output_of(binary, command, *arguments):
    """What the command prints; ends the script when it fails."""
    done = subprocess.run([binary, command, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"scripts/accuracy: {binary} {command}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def validation(binary, files, *options):
    return json.loads(output_of(binary, "validate", *files, *options, "--format", "json"))
