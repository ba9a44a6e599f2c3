#!/usr/bin/env python3
"""Opens workbooks in LibreOffice, recalculates them and compares: usage workbook.py GPUSIZE WORK_FOLDER
Every formula's result equals the value that was stored beside it; calculation sheets hold no number where formulas
could stand; changing an assumption in the workbook changes the total as gpusize says under the same change.
Exit code 77 (skipped) without soffice."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
      "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships"}
TOLERANCE = 1e-9
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def sheets(path):
    """{sheet: {cell: (formula or None, text of the value, type)}} with the file of each sheet."""
    with zipfile.ZipFile(path) as book:
        root = ET.fromstring(book.read("xl/workbook.xml"))
        targets = {r.get("Id"): r.get("Target") for r in ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))}
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            for item in ET.fromstring(book.read("xl/sharedStrings.xml")).findall("m:si", NS):
                shared.append("".join(t.text or "" for t in item.iter("{%s}t" % NS["m"])))
        out, files = {}, {}
        for sheet in root.find("m:sheets", NS):
            target = targets[sheet.get("{%s}id" % NS["r"])].lstrip("/")
            files[sheet.get("name")] = target if target.startswith("xl/") else "xl/" + target
            cells = out.setdefault(sheet.get("name"), {})
            for cell in ET.fromstring(book.read(files[sheet.get("name")])).iter("{%s}c" % NS["m"]):
                formula, value = cell.find("m:f", NS), cell.find("m:v", NS)
                text = value.text if value is not None else None
                if cell.get("t") == "s" and text is not None:
                    text = shared[int(text)]
                cells[cell.get("r")] = (formula.text if formula is not None else None, text, cell.get("t"))
        return out, files


def recalculated(path, work):
    profile = work / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    target = work / "recalculated"
    target.mkdir(exist_ok=True)
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation={profile.resolve().as_uri()}", "--convert-to", "xlsx",
                    "--outdir", str(target), str(path)], check=True, capture_output=True, timeout=240)
    return sheets(target / path.name)[0]


def differs(a, b):
    return abs(a - b) > TOLERANCE * max(abs(a), abs(b), 1e-6)


def compare(stored, now):
    """Complaints about formulas whose recalculated value is another one."""
    count = 0
    for sheet, cells in stored.items():
        for cell, (formula, value, _) in cells.items():
            if formula is None:
                continue
            count += 1
            found = now[sheet].get(cell, (None, None, None))
            if found[1] is None or found[2] == "e" or differs(float(found[1]), float(value)):
                yield f"{sheet}!{cell} ={formula}: stored {value}, recalculated {found[1]}"
    if count == 0:
        yield "no formula at all"
    print(f"{count} formulas")


def literals(stored, calculated):
    """Numbers without a formula on sheets that only calculate."""
    for sheet in calculated:
        for cell, (formula, value, kind) in stored.get(sheet, {}).items():
            if formula is None and value is not None and kind not in ("s", "str", "inlineStr"):
                yield f"{sheet}!{cell} holds {value}"


def with_changed(path, target, sheet, cell, value):
    _, files = sheets(path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == files[sheet]:
                text, count = re.subn(rf'(<c r="{cell}"[^>]*><v>)[^<]*(</v>)', rf"\g<1>{value}\g<2>", data.decode("utf-8"))
                assert count == 1, f"{sheet}!{cell}"
                data = text.encode("utf-8")
            new.writestr(name, data)


def cell_of(stored, sheet, identifier, column):
    for cell, (_, value, kind) in stored[sheet].items():
        if kind == "s" and value == identifier and cell.startswith("A"):
            return column + cell[1:]
    raise KeyError(identifier)


def run(binary, arguments, work, name):
    path = work / f"{name}.xlsx"
    done = subprocess.run([binary, *arguments, "--format", "json", "--output", f"xlsx={path}"], check=True, capture_output=True, text=True)
    return path, json.loads(done.stdout)


def check(binary, work, name, base, calculated, change, totals):
    """`change` is (assumption, new value, the same as options); `totals(json)` gives {(sheet, cell): value}."""
    path, document = run(binary, base, work, name)
    stored, _ = sheets(path)
    yield from compare(stored, recalculated(path, work))
    yield from literals(stored, calculated(document))
    for (sheet, cell), value in totals(stored, document).items():
        if differs(float(stored[sheet][cell][1]), value):
            yield f"{sheet}!{cell} stores {stored[sheet][cell][1]}, the result says {value}"
    identifier, value, options = change
    changed = work / f"{name}-changed.xlsx"
    with_changed(path, changed, "Assumptions", cell_of(stored, "Assumptions", identifier, "C"), value)
    now = recalculated(changed, work)
    _, expected = run(binary, base + options, work, f"{name}-expected")
    for (sheet, cell), wanted in totals(stored, expected).items():
        if differs(float(now[sheet][cell][1]), wanted):
            yield f"{identifier} = {value}: {sheet}!{cell} is {now[sheet][cell][1]}, gpusize says {wanted}"


def plan_totals(stored, document):
    option = document["options"][0]
    return {("Options", "F4"): option["cost"]["tco_usd"], ("Options", "C4"): option["gpus"]}


def tco_totals(stored, document):
    priced = [s for s in document["scenarios"] if s["tco_usd"] is not None]
    out = {}
    for i, scenario in enumerate(priced):
        out[("Scenarios", f"B{4 + i}")] = scenario["tco_usd"]
        out[("Scenarios", f"D{4 + i}")] = scenario["npv_usd"]
    return out


def main():
    binary, work = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which("soffice"):
        print("no soffice: scripts/deps --optional office")
        return 77
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    known = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    plan = ["plan", "--model", "deepseek-7b", "--gpu", "H100-SXM5-80GB", "--qps", "50", "--top", "1"]
    found = list(check(binary, work, "plan", plan, lambda _: ["Options", "Bill of materials"],
                       ("years", "4", ["--years", "4"]), plan_totals))
    if "\n  tco " in known:
        tco = ["tco", "--model", "deepseek-7b", "--qps", "50", "--scenario", "own,rent,api,hybrid", "--years", "3"]
        sheets_of = lambda d: ["Cash flow by year", "Loans", "Scenarios", "Bill of materials"] + [s["id"] for s in d["scenarios"] if s["tco_usd"] is not None]
        found += check(binary, work, "tco", tco, sheets_of, ("pue", "1.3", ["--assume", "pue=1.3"]), tco_totals)
        found += check(binary, work, "tco-without-loan", tco, sheets_of, ("loan_share", "0.5", ["--assume", "loan_share=0.5"]), tco_totals)
        # Purchases in every year, each with a loan of its own, none repaid in full when the horizon ends.
        loans = [*tco, "--growth", "0.5", "--assume", "loan_share=0.6", "--assume", "loan_years=4"]
        found += check(binary, work, "tco-loans", loans, sheets_of, ("loan_rate", "0.05", ["--assume", "loan_rate=0.05"]), tco_totals)
        found += check(binary, work, "tco-short-loans", loans, sheets_of, ("loan_years", "1", ["--assume", "loan_years=1"]), tco_totals)
    print("\n".join(found) or "workbooks recalculate to what they hold")
    return 1 if found else 0


sys.exit(main())
