#!/usr/bin/env python3
"""Every CI format of one check, judged by its schema or rule. Usage: check_formats.py GPUSIZE FOLDER"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def junit(text, path):
    import xml.etree.ElementTree as tree

    root = tree.fromstring(text)
    cases = root.findall("./testsuite/testcase")
    assert int(root.get("tests")) == len(cases), "tests counts testcases"
    assert int(root.get("failures")) == len(root.findall(".//failure")), "failures counts failures"
    xmllint = shutil.which("xmllint")
    if xmllint:
        subprocess.run([xmllint, "--noout", "--nonet", "--schema", HERE / "schemas/junit.xsd", path], check=True)
    else:
        print("no xmllint: the XSD was not applied")


def code_scanning(run):
    """What GitHub code scanning asks of a run beyond the schema."""
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    for rule in rules.values():
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
    for result in run["results"]:
        assert result["ruleId"] in rules and result["message"]["text"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert result["partialFingerprints"], "alerts are matched by it"
        place = result["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith("/"), "relative, or a file URI"
        assert place["region"]["startLine"] >= 1


def sarif(text, _):
    document = json.loads(text)
    assert document["runs"][0]["results"], "the fixture has findings"
    code_scanning(document["runs"][0])
    try:
        import jsonschema
    except ImportError:
        print("no jsonschema: the SARIF schema was not applied")
        return
    jsonschema.validate(document, json.loads((HERE / "schemas/sarif.schema.json").read_text()))


def github(text, _):
    lines = text.splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert commands, "the fixture has findings"
    for line in commands:
        assert re.match(r"::(error|warning|notice) file=[^:,]+,line=\d+,endLine=\d+,col=\d+,title=[^:,]+::\S|::\w+::\d+ more", line), line
    for level in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{level} ") for line in lines) <= 9, "GitHub shows ten of a level"


def gitlab(text, _):
    rows = json.loads(text)
    prints = [row["fingerprint"] for row in rows]
    assert len(prints) == len(set(prints)), "a repeated fingerprint is dropped"
    for row in rows:
        assert row["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert row["location"]["lines"]["begin"] >= 1 and row["location"]["path"] and row["description"]


def openmetrics(text, _):
    assert text.endswith("# EOF\n")
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(r"gpusize_[a-z_]+ -?[0-9.e+-]+", line), line


def md(text, _):
    assert text.startswith("<!-- gpusize:check -->\n")


def main():
    program, folder = sys.argv[1:]
    judges = [junit, sarif, github, gitlab, openmetrics, md]
    with tempfile.TemporaryDirectory() as out:
        paths = {judge.__name__: pathlib.Path(out) / judge.__name__ for judge in judges}
        command = [program, "check", folder, "--format", "json", "--today", "2026-11-26"]
        command += [word for name, path in paths.items() for word in ("--output", f"{name}={path}")]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 1, ran.stderr
        for judge in judges:
            judge(paths[judge.__name__].read_text(), paths[judge.__name__])
    print("all formats hold")


main()
