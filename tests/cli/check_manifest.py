#!/usr/bin/env python3
"""Plans written as deployment files and read back by `check`: no finding, nothing left unassessed, the same engine,
model, card, layout, replicas and settings; Kubernetes and compose files valid against reduced schemas.
Usage: check_manifest.py GPUSIZE SCHEMA_DIR CASE (exit code 77: no jsonschema or yaml module)"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ImportError:
    print("no python3-jsonschema or python3-yaml")
    sys.exit(77)

ALL = ("k8s", "lws", "kserve", "helm-vllm", "compose", "slurm", "command")
# Case: arguments of plan, targets that can write it, targets that must refuse it.
CASES = {
    "vllm": (["--model", "llama-3.1-8b", "--qps", "20", "--gpu", "H100-SXM5-80GB", "--engine", "vllm"], ALL, ()),
    "vllm-fp8": (["--model", "llama-3.1-70b", "--qps", "2", "--gpu", "H100-SXM5-80GB", "--engine", "vllm", "--weights",
                  "fp8", "--kv", "fp8"], ALL, ()),
    "vllm-moe": (["--model", "deepseek-r1", "--qps", "5", "--gpu", "H200-SXM-141GB", "--engine", "vllm"], ALL, ()),
    "vllm-nodes": (["--model", "deepseek-r1", "--qps", "5", "--gpu", "A100-SXM4-80GB", "--engine", "vllm", "--weights",
                    "native", "--gpu", "H100-SXM5-80GB", "--max-gpus", "32"], ("lws", "slurm"),
                   ("k8s", "kserve", "helm-vllm", "compose")),
    "vllm-amd": (["--model", "llama-3.1-70b", "--qps", "4", "--gpu", "MI325X", "--engine", "vllm"], ALL, ()),
    "sglang": (["--model", "qwen3-30b-a3b", "--qps", "10", "--gpu", "H100-SXM5-80GB", "--engine", "sglang"],
               ("k8s", "lws", "kserve", "compose", "slurm", "command"), ("helm-vllm",)),
    "sglang-moe": (["--model", "deepseek-r1", "--qps", "5", "--gpu", "H200-SXM-141GB", "--engine", "sglang"],
                   ("k8s", "lws", "slurm"), ()),
    "tensorrt-llm": (["--model", "llama-3.1-8b", "--qps", "20", "--gpu", "H100-SXM5-80GB", "--engine", "tensorrt-llm",
                      "--kv", "fp8"], ("k8s", "lws", "kserve", "compose", "slurm", "command"), ("helm-vllm",)),
    "mig": (["--model", "deepseek-r1-distill-qwen-1.5b", "--qps", "1", "--gpu", "H100-SXM5-80GB", "--mig", "--engine",
             "vllm"], ("k8s", "lws", "kserve", "helm-vllm"), ("compose", "slurm", "command")),
    "mps": (["--model", "deepseek-r1-distill-qwen-1.5b", "--qps", "1", "--gpu", "H100-SXM5-80GB", "--share", "mps:4",
             "--engine", "vllm"], ("k8s", "lws", "kserve", "helm-vllm"), ("compose", "slurm", "command")),
}
# Every layout on up to eight cards, written as a command; what an engine cannot say must be refused.
LAYOUTS = {
    f"{engine}-layouts": ["--model", "deepseek-r1", "--qps", "5", "--gpu", "H200-SXM-141GB", "--engine", engine,
                          "--all-layouts", "--top", "400", "--max-gpus", "8"]
    for engine in ("vllm", "sglang", "tensorrt-llm")
}
ENDINGS = {"slurm": "job.sbatch", "command": "run.sh"}
KUBERNETES = ("k8s", "lws", "kserve")


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def gpu_of(option):
    """The card as check names it: a MIG instance by its profile, a share by the whole card."""
    card, _, part = option["gpu"].partition("/")
    return f"{card} MIG {part}" if part and ":" not in part else card


def expected(option, engine, inputs):
    layout = option["layout"]
    seqs = -(-option["max_batch"] // (1 if engine == "sglang" else layout["dp"]))
    shown = "trtllm" if engine == "tensorrt-llm" else engine  # check's word
    return {"engine": shown, "gpu": gpu_of(option), "model_id": inputs["model"], "max_num_seqs": int(seqs)}


def degrees(workload, engine, text):
    """The layout that the file states, from the engine's own way to say it."""
    tp, pp, dp, ep = (workload.get(key) or 1 for key in ("tp", "pp", "dp", "ep"))
    if engine == "sglang":
        tp //= dp
    if engine == "tensorrt-llm" and "enable_attention_dp: true" in text:  # over all ranks
        tp, dp = 1, tp
    return {"tp": tp, "pp": pp, "ep": ep, "dp": dp}


def compare(option, inputs, engine, document, target, text):
    bad = []
    workloads = document["workloads"]
    if not workloads:
        return ["no workload read"]
    wanted = expected(option, engine, inputs)
    for workload in workloads:
        for key, value in wanted.items():
            if key in workload and workload[key] != value:
                bad.append(f"{key}: {workload[key]} instead of {value}")
        if degrees(workload, engine, text) != option["layout"]:
            bad.append(f"layout: {degrees(workload, engine, text)} instead of {option['layout']}")
        weights, planned = (m["weights"] for m in (workload["memory_per_gpu_bytes"], option["memory_per_gpu_bytes"]))
        if abs(weights - planned) > 1e-9 * planned:
            bad.append(f"weights: {weights} bytes per GPU instead of {planned}")
        if option["kv_dtype"] == "fp8" and "fp8" not in text:
            bad.append("the fp8 cache is not stated")
    total = sum(workload["total_gpus"] or workload["gpus_per_replica"] for workload in workloads)
    replicas = 1 if target == "command" else option["replicas"]
    if total != (option["gpus"] - option["spare_gpus"]) // option["replicas"] * replicas:
        bad.append(f"GPUs: {total} for {replicas} of {option['replicas']} replicas, {option['gpus']} in the plan")
    return bad


def check_shape(target, text, schemas):
    if target in KUBERNETES:
        schema = json.loads((schemas / "kubernetes.json").read_text())
        documents = list(yaml.safe_load_all(text))
    elif target == "compose":
        schema, documents = json.loads((schemas / "compose.json").read_text()), [yaml.safe_load(text)]
    elif target == "helm-vllm":
        values = yaml.safe_load(text)
        return [] if set(values) == {"servingEngineSpec"} else [f"values: {sorted(values)}"]
    else:
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        return [done.stderr] if done.returncode else []
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    out = []
    for document in documents:
        for error in validator.iter_errors(document):
            inner = [e for e in error.context if document.get("kind") == e.schema_path[0] or True]
            deepest = max(inner, key=lambda e: len(e.absolute_path), default=error)
            out.append(f"{document.get('kind')}: {'/'.join(map(str, deepest.absolute_path))}: {deepest.message[:200]}")
    return out


def round_trip(program, plan, option, inputs, target, schemas, folder):
    engine = re.sub(r"-0\.\d+$", "", option["engine"])
    path = folder / ENDINGS.get(target, f"{target}.yaml")
    made = run(program, "manifest", plan, "--rank", option["rank"], "--target", target, "--output", path)
    if made.returncode:
        return [f"exit code {made.returncode}: {made.stderr}"]
    text = path.read_text()
    checked = run(program, "check", path, "--fail-on", "info", "--strict", "--format", "json", "--today", "2026-11-27")
    if checked.returncode not in (0, 1, 3):
        return [f"check: exit code {checked.returncode}: {checked.stderr}"]
    document = json.loads(checked.stdout)
    bad = [f"{finding['rule']}: {finding['message']}" for finding in document["findings"]]
    bad += [f"{gap['rule']}: {gap['reason']}" for gap in document["not_assessed"]]
    return bad + compare(option, inputs, engine, document, target, text) + check_shape(target, text, schemas)


def all_layouts(program, schemas, name):
    """What went wrong with any layout, how many were written and how many refused."""
    failed, written, refused = [], 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        plan = folder / "plan.json"
        made = run(program, "plan", *LAYOUTS[name], "--format", "json", "--output", f"json={plan}")
        document = json.loads(made.stdout)
        for option in document["options"]:
            layout = option["layout"]
            if "tensorrt-llm" in name and layout["dp"] > 1 and layout["tp"] > 1:
                done = run(program, "manifest", plan, "--rank", option["rank"], "--target", "command", "--output",
                           folder / "refused")
                refused += 1
                failed += [] if done.returncode == 2 else [f"{layout}: not refused"]
                continue
            written += 1
            failed += [f"{layout}: {line}" for line in round_trip(program, plan, option, document["inputs"], "command",
                                                                  schemas, folder)]
    if written < 10:
        failed.append(f"only {written} layouts")
    return failed, f"{name}: {written} layouts the same after reading back, {refused} refused"


def main():
    program, schemas, name = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    if name in LAYOUTS:
        failed, good = all_layouts(program, schemas, name)
        print("\n".join(failed) or good)
        return 1 if failed else 0
    arguments, writes, refuses = CASES[name]
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        plan = folder / "plan.json"
        made = run(program, "plan", *arguments, "--format", "json", "--output", f"json={plan}")
        document = json.loads(made.stdout)
        option = document["options"][0]
        for target in writes:
            failed += [f"{target}: {line}" for line in round_trip(program, plan, option, document["inputs"], target,
                                                                  schemas, folder)]
        for target in refuses:
            path = folder / "refused"
            refused = run(program, "manifest", plan, "--target", target, "--output", path)
            if refused.returncode != 2 or "help:" not in refused.stderr or path.exists():
                failed.append(f"{target}: not refused: {refused.returncode} {refused.stderr}")
    print("\n".join(failed) or f"{name}: {option['gpu']} {option['layout']} {option['engine']}: the same after reading back")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
