#!/usr/bin/env python3
"""Whether FOCUS rows keep to the specification: columns that must be there, types, allowed values and the rules that
tie columns together, written from focus.finops.org (1.2, 1.3, 1.4). Usage: check_focus.py GPUSIZE ARGUMENTS..."""

import csv
import datetime
import decimal
import io
import json
import re
import subprocess
import sys

MANDATORY = {
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
    "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit", "ServiceCategory", "ServiceName",
}
BY_VERSION = {
    "1.2": {"ProviderName", "PublisherName"},
    "1.3": {"ProviderName", "PublisherName", "ServiceProviderName", "HostProviderName"},
    "1.4": {"ServiceProviderName", "HostProviderName"},
}
REMOVED = {"1.4": {"ProviderName", "PublisherName"}}
KNOWN = MANDATORY | set().union(*BY_VERSION.values()) | {
    "ChargeFrequency", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice", "PricingCategory",
    "RegionId", "SubAccountId", "SubAccountName",
}
NULLABLE = {"BillingAccountName", "ChargeClass", "ChargeDescription", "ConsumedQuantity", "ConsumedUnit",
            "PricingCategory", "RegionId", "SubAccountId", "SubAccountName", "HostProviderName"}
DECIMALS = {"BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity", "ListUnitPrice",
            "ContractedUnitPrice", "ConsumedQuantity"}
DATES = {"BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"}
ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {"AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases",
                        "Developer Tools", "Multicloud", "Identity", "Integration", "Internet of Things",
                        "Management and Governance", "Media", "Migration", "Mobile", "Networking", "Security",
                        "Storage", "Web", "Other"},
    "BillingCurrency": {"USD"},
}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(E-?[0-9]+)?")


def month_after(text):
    date = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return (date.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)


def check_columns(names, version):
    for name in sorted((MANDATORY | BY_VERSION[version]) - set(names)):
        yield f"column {name} is missing"
    for name in sorted(set(names) & REMOVED.get(version, set())):
        yield f"column {name} was removed in {version}"
    custom = [name.startswith("x_") for name in names]
    if custom != sorted(custom):
        yield "custom columns stand last"
    for name in names:
        if not name.startswith("x_") and name not in KNOWN:
            yield f"{name} is no FOCUS column"
        if not re.fullmatch(r"(x_)?[A-Z][A-Za-z]*", name):
            yield f"{name} is not in Pascal case"


def check_row(row):
    for name, value in row.items():
        if value == "":
            if name in KNOWN - NULLABLE:
                yield f"{name} is null"
            continue
        if value in ("NULL", "N/A", "null"):
            yield f"{name} is a text for null"
        if name in DECIMALS and not NUMBER.fullmatch(value):
            yield f"{name} is no decimal: {value}"
        if name in DATES and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
            yield f"{name} is no UTC date: {value}"
        if name in ALLOWED and value not in ALLOWED[name]:
            yield f"{name} may not be {value}"
    if any(row[name] and not NUMBER.fullmatch(row[name]) for name in DECIMALS):
        return  # said above
    number = {name: decimal.Decimal(row[name]) for name in DECIMALS if row[name]}
    if number["ListCost"] != number["ListUnitPrice"] * number["PricingQuantity"]:
        yield "ListCost is not ListUnitPrice x PricingQuantity"
    if number["ContractedCost"] != number["ContractedUnitPrice"] * number["PricingQuantity"]:
        yield "ContractedCost is not ContractedUnitPrice x PricingQuantity"
    if row["ChargeCategory"] == "Usage" and not (row["ConsumedQuantity"] and row["ConsumedUnit"]):
        yield "usage without a consumed quantity"
    if row["ChargeCategory"] == "Purchase" and row["ChargeFrequency"] == "Usage-Based":
        yield "a purchase is not usage-based"
    if row["ChargeCategory"] in ("Usage", "Purchase") and not row["PricingCategory"]:
        yield "usage or purchase without a pricing category"
    for kind in ("Billing", "Charge"):
        start, end = row[kind + "PeriodStart"], row[kind + "PeriodEnd"]
        if month_after(start).strftime("%Y-%m-%dT%H:%M:%SZ") != end:
            yield f"{kind}Period is no month with an exclusive end: {start} to {end}"
    if row["x_IsForecast"] != "true":
        yield "x_IsForecast must say that this is a forecast"


def main():
    gpusize, arguments = sys.argv[1], sys.argv[2:]
    decimal.getcontext().prec = 60
    result = json.loads(subprocess.run([gpusize, *arguments, "--format", "json"], capture_output=True, check=True).stdout)
    problems = []
    for version in BY_VERSION:
        text = subprocess.run([gpusize, *arguments, "--format", f"focus-{version}"], capture_output=True, text=True,
                              check=True).stdout
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = list(reader)
        problems += [f"{version}: {p}" for p in check_columns(reader.fieldnames, version)]
        for line, row in enumerate(rows, 2):
            problems += [f"{version}:{line}: {p}" for p in check_row(row)]
        for scenario in result["scenarios"]:
            mine = [row for row in rows if row["x_GpusizeScenario"] == scenario["id"]]
            if scenario["tco_usd"] is None:
                if mine:
                    problems.append(f"{version}: rows of the unpriced scenario {scenario['id']}")
                continue
            total = decimal.Decimal(str(scenario["tco_usd"]))
            for column in ("BilledCost", "EffectiveCost"):
                if sum(decimal.Decimal(row[column]) for row in mine) != total:
                    problems.append(f"{version}: {column} of {scenario['id']} does not add up to {total}")
    # The validator itself notices a row that is wrong.
    broken = [dict(rows[0], ListCost="1.5"), dict(rows[0], ChargeCategory="Gift"), dict(rows[0], BilledCost="1,000"),
              dict(rows[0], ChargePeriodEnd=rows[0]["ChargePeriodStart"]), dict(rows[0], ServiceName="")]
    if not all(list(check_row(row)) for row in broken):
        problems.append("the validator misses a broken row")
    print("\n".join(problems[:20]) or "valid")
    return 1 if problems else 0


sys.exit(main())
