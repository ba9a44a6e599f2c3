#!/usr/bin/env python3
"""Whether a command's JSON keeps to its published schema, and the schema notices when it does not.
Usage: check_schema.py SCHEMA.json GPUSIZE ARGUMENTS... (exit code 77: no jsonschema module)"""

import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("no python3-jsonschema")
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

run = subprocess.run(sys.argv[2:], capture_output=True, text=True, check=False)
if run.returncode not in (0, 1):
    print(run.stderr)
    sys.exit(1)
document = json.loads(run.stdout)
errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(document)]
for name in schema["required"]:  # a document that lacks a name is refused
    if validator.is_valid({key: value for key, value in document.items() if key != name}):
        errors.append(f"the schema does not ask for {name}")
unknown = set(document) - set(schema["properties"])
errors += [f"the schema does not know {name}" for name in sorted(unknown)]
print("\n".join(errors) or "valid")
sys.exit(1 if errors else 0)
