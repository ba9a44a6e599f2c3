#!/usr/bin/env python3
"""Training plans written as jobs and read back: `train --from` must give the same option to the byte, `check` the same
GPUs, and a JobSet must be valid. Usage: check_train_manifest.py GPUSIZE SCHEMA_DIR (77: no jsonschema or yaml module)"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ImportError:
    print("no python3-jsonschema or python3-yaml")
    sys.exit(77)

CARD = ["--gpu", "H100-SXM5-80GB"]
CASES = [
    ["--model", "llama-3-8b", "--gpus", "16", "--seq", "2048"],
    ["--model", "deepseek-v2-lite", "--gpus", "32", "--precision", "fp8"],
    ["--model", "llama-3-70b", "--gpus", "64", "--recompute", "full"],
    ["--model", "qwen3-30b-a3b", "--gpus", "16", "--recompute", "selective"],
    ["--model", "qwen2.5-7b", "--gpus", "8", "--moments", "bf16"],
    ["--model", "llama-3.1-8b", "--gpus", "8", "--zero", "3", "--offload"],
]
REFUSED = [  # arguments of train, of manifest, the code
    (["--framework", "fsdp2"], ["--target", "slurm"], "manifest-train-framework"),
    (["--framework", "megatron-core", "--method", "lora"], ["--target", "slurm"], "manifest-train-option"),
    ([], ["--target", "lws"], "manifest-target"),
    ([], ["--target", "k8s"], "manifest-image"),
    ([], ["--target", "k8s", "--image", "registry/megatron:1"], "manifest-data"),
]
K8S = ["--image", "registry/megatron:1", "--cache-claim", "tokens", "--queue", "team"]
OF_THE_RUN = ("steps", "days", "cost_usd", "energy_kwh", "carbon_t", "goodput")  # a last sequence is rounded up


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def plan(program, path, arguments):
    done = run(program, "train", *CARD, "--tokens", "1e9", *arguments, "--format", "json", "--output", f"json={path}")
    if done.returncode:
        sys.exit(f"train {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
    return json.loads(path.read_text())


def as_options(path):
    """The arguments of a JobSet's container, as the bare list that `train --from` reads."""
    job = yaml.safe_load(path.read_text())["spec"]["replicatedJobs"][0]["template"]["spec"]
    words = job["template"]["spec"]["containers"][0]["args"]
    gpus = job["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] * job["parallelism"]
    script = path.with_suffix(".sh")
    script.write_text("torchrun " + shlex.join(word for word in words if "$(" not in word) + "\n")
    return script, gpus


def differences(program, option, model, path):
    back = run(program, "train", "--from", path, "--model", model, *CARD, "--format", "json")
    if back.returncode:
        return [f"train --from: exit {back.returncode}: {back.stderr}"]
    document = json.loads(back.stdout)
    again = document["options"][0]
    return [f"{key}: {again.get(key)} instead of {value}" for key, value in option.items()
            if key not in OF_THE_RUN and again.get(key) != value]


def round_trip(program, schemas, folder, arguments):
    document = plan(program, folder / "train.json", ["--framework", "megatron-core", *arguments])
    option, bad = document["options"][0], []
    for target, more in (("slurm", []), ("command", []), ("k8s", K8S)):
        path = folder / ("job.yaml" if target == "k8s" else f"{target}.sh")
        made = run(program, "manifest", folder / "train.json", "--target", target, *more, "--output", path)
        if made.returncode:
            bad.append(f"{target}: exit {made.returncode}: {made.stderr}")
            continue
        checked = json.loads(run(program, "check", path, "--format", "json", "--today", "2026-11-27").stdout)
        bad += [f"{target}: {finding['rule']}: {finding['message']}" for finding in checked["findings"]]
        gpus = [workload["total_gpus"] for workload in checked["workloads"]]
        if target == "k8s":
            schema = json.loads((schemas / "kubernetes.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(path.read_text()))
            path, total = as_options(path)
            gpus = gpus if total == option["gpus"] else [total]
        if gpus != [option["gpus"]]:
            bad.append(f"{target}: {gpus} GPUs instead of {option['gpus']}")
        bad += [f"{target}: {line}" for line in differences(program, option, document["inputs"]["model"], path)]
    print(" ".join(arguments), option["layout"], bad or "the same")
    return bad


def main(program, schemas):
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for arguments in CASES:
            failed += round_trip(program, pathlib.Path(schemas), folder, arguments)
        for train, manifest, code in REFUSED:
            plan(program, folder / "train.json", ["--model", "llama-3-8b", "--gpus", "8", *train])
            done = run(program, "manifest", folder / "train.json", *manifest, "--output", folder / "refused")
            if done.returncode != 2 or f"[{code}]" not in done.stderr or (folder / "refused").exists():
                failed.append(f"{train} {manifest}: not refused: {done.returncode} {done.stderr}")
    print("\n".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
