#!/usr/bin/env python3
"""Reads CSV files back and compares them with the JSON of the same run: usage csv_back.py GPUSIZE WORK_FOLDER"""

import csv
import json
import pathlib
import subprocess
import sys


def run(binary, arguments, work, name):
    path = work / f"{name}.csv"
    done = subprocess.run([binary, *arguments, "--format", "json", "--output", f"csv={path}"], check=True, capture_output=True, text=True)
    with open(path, newline="", encoding="utf-8") as file:
        return json.loads(done.stdout), list(csv.DictReader(file))


def same(cell, value):
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == ("true" if value else "false")
    if isinstance(value, (int, float)):
        return cell != "" and float(cell) == value
    return cell == value


def scalars(value, path=""):
    """{dotted path: value} of an object, lists left out."""
    if not isinstance(value, dict):
        return {} if isinstance(value, list) else {path: value}
    out = {}
    for key, below in value.items():
        out.update(scalars(below, f"{path}.{key}" if path else key))
    return out


def plan(document, rows):
    """One row per option, one column per value of it."""
    if not rows or len(rows) != len(document["options"]):
        yield f"{len(rows)} rows, {len(document['options'])} options"
    for row, option in zip(rows, document["options"]):
        stated = scalars(option)
        yield from (f"no column {path}" for path in stated.keys() - row.keys())
        yield from (f"{path}: CSV {row[path]!r}, JSON {value!r}" for path, value in stated.items() if path in row and not same(row[path], value))


def tco_rows(document):
    for scenario in document["scenarios"]:
        for side, lines in (("cost", scenario["lines"]), ("benefit", scenario["benefits"])):
            for line in lines:
                about = {"scenario": scenario["id"], "side": side, "line": line["id"], "name": line["name"], "kind": line["kind"],
                         "unit": line["unit"], "source": line["source"]}
                for year in [*line["by_year"], {**line, "year": None}]:
                    yield {**about, "year": year["year"], "quantity": year["quantity"], "unit_price_usd": year["unit_price"],
                           "amount_usd": year["amount_usd"]}


def tco(document, rows):
    """One row per line and year and one for its total; a scenario's own total is the sum of these to the cent."""
    totals = {r["scenario"]: r for r in rows if r["line"] == "total"}
    rows = [r for r in rows if r["line"] != "total"]
    expected = list(tco_rows(document))
    if not rows or len(rows) != len(expected):
        yield f"{len(rows)} rows, {len(expected)} expected"
    for row, wanted in zip(rows, expected):
        yield from (f"{wanted['scenario']} {wanted['line']} {key}: CSV {row.get(key)!r}, JSON {value!r}"
                    for key, value in wanted.items() if key not in row or not same(row[key], value))
    for scenario in document["scenarios"]:
        if scenario["tco_usd"] is None:
            continue
        cents = sum(round(100 * float(r["amount_usd"])) for r in rows
                    if r["scenario"] == scenario["id"] and r["side"] == "cost" and r["year"] == "")
        stated = totals.get(scenario["id"], {}).get("amount_usd")
        if cents != round(100 * scenario["tco_usd"]) or stated is None or not same(stated, scenario["tco_usd"]):
            yield f"{scenario['id']}: the rows add up to {cents / 100}, their total says {stated}, the result {scenario['tco_usd']}"


def main():
    binary, work = sys.argv[1], pathlib.Path(sys.argv[2])
    work.mkdir(parents=True, exist_ok=True)
    ask = ["--model", "deepseek-7b", "--qps", "50"]
    found = list(plan(*run(binary, ["plan", *ask, "--top", "5"], work, "plan")))
    found += tco(*run(binary, ["tco", *ask, "--scenario", "own,rent,api,hybrid", "--years", "3", "--draws", "0",
                               "--benefit-usd-per-year", "50000"], work, "tco"))
    print("\n".join(found) or "CSV says what JSON says")
    return 1 if found else 0


sys.exit(main())
