#!/usr/bin/env python3
"""A pool is never dearer than its models planned one by one: pools through the binary against `plan` on the same cards.
Usage: check_pool.py GPUSIZE"""

import json
import subprocess
import sys
import tempfile

SAME = 1 + 1e-9
CARDS = ("H100-SXM5-80GB", "A100-SXM4-80GB", "L40S")
# Name: slices of the first card, then models: model, qps, input tokens, output tokens, TPOT target, busy hours.
POOLS = {
    "office hours and nights": ((), (("llama-3.1-8b", 40, 1000, 200, 50, "8-18"), ("deepseek-7b", 30, 500, 300, 60, "20-6"),
                                     ("deepseek-r1-distill-qwen-32b", 6, 2000, 400, 60, "0-8"))),
    "round the clock, small": (("mig",), (("qwen3-0.6b", 2, 300, 30, None, None), ("qwen3-0.6b", 1, 900, 60, None, None),
                                          ("deepseek-r1-distill-qwen-1.5b", 3, 500, 200, None, None),
                                          ("deepseek-coder-6.7b", 1, 1500, 100, 40, None))),
    "one large, one small": (("mig", "mps:4"), (("llama-3.1-70b", 3, 1500, 250, 60, None),
                                                ("qwen3-0.6b", 20, 200, 20, None, "9-17"))),
}


def answer(gpusize, *words):
    out = subprocess.run([gpusize, *map(str, words), "--format", "json"], capture_output=True, text=True, check=False)
    if out.returncode != 0:
        sys.exit(f"gpusize {' '.join(map(str, words))}: exit {out.returncode}\n{out.stderr}")
    return json.loads(out.stdout)


def pool_file(slices, models):
    cards = [{"gpu": CARDS[0], "slices": list(slices)}] + [{"gpu": card} for card in CARDS[1:]]
    rows = []
    for i, (model, qps, tokens_in, tokens_out, tpot, busy) in enumerate(models):
        row = {"name": f"m{i}", "model": model, "qps": qps, "input_tokens": tokens_in, "output_tokens": tokens_out}
        row |= {"tpot_ms": tpot} if tpot else {}
        row |= {"busy": busy, "off_peak": 0.2} if busy else {}
        rows.append(row)
    return {"cards": cards, "models": rows}


def alone(gpusize, model, qps, tokens_in, tokens_out, tpot, _busy):
    """USD a month of the cheapest plan for one model on whole cards, the peak all day."""
    words = ["plan", "--model", model, "--qps", qps, "--input-tokens", tokens_in, "--output-tokens", tokens_out]
    words += ["--tpot-ms", tpot] if tpot else []
    for card in CARDS:
        words += ["--gpu", card]
    return answer(gpusize, *words)["options"][0]["cost"]["usd_per_month"]


def main(gpusize):
    bad = 0
    for name, (slices, models) in POOLS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(pool_file(slices, models), file)
            file.flush()
            pool = answer(gpusize, "pool", file.name)
        one_by_one = sum(alone(gpusize, *model) for model in models)
        cost, bound = pool["cost_usd_per_month"], pool["lower_bound_usd_per_month"]
        good = (len(pool["models"]) == len(models) and 0 < bound <= cost * SAME and cost <= one_by_one * SAME
                and cost <= pool["alone_usd_per_month"] * SAME)
        print(f"{name}: {cost:.2f} USD a month ({pool['status']}), one by one {one_by_one:.2f}{'' if good else '  WRONG'}")
        bad += not good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
