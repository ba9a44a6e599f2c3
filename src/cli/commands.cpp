#include <array>

#include "cli/cmd_manifest.hpp"
#include "cli/cmd_pool.hpp"
#include "cli/command.hpp"

namespace gpusize::cli {
namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"plan", "What to buy for a model and a rate: cards, layouts, latency, cost",
     "plan --model deepseek-7b --qps 500", setup_plan},
    {"estimate", "Memory and step time of one model on one card, operator by operator",
     "estimate --model deepseek-r1 --gpu H200 --tp 8 --batch 64 --context 4096", setup_estimate},
    {"simulate", "A fleet under load, request by request: percentiles, queues, goodput",
     "simulate --model deepseek-7b --qps 500 --gpu H100 --replicas 50", setup_simulate},
    {"workload", "What a request trace is like: rates, lengths, burstiness, prefix reuse",
     "workload requests.csv --arrival-column arrived_at", setup_workload},
    {"check", "Deployment files against models, cards, policy and budget: the gate for CI",
     "check k8s/ --gpu h100\n"
     "check --gpu h200 -- vllm serve deepseek-ai/DeepSeek-R1 --tensor-parallel-size 8",
     setup_check},
    {"diff", "What a change of deployments does to GPUs, cost, memory and latency",
     "diff main/k8s k8s --gpu h100 --max-delta-usd 5000\n"
     "diff base.json k8s/",
     setup_diff},
    {"train", "What to train or fine-tune a model on: cards, layouts, days, cost",
     "train --model llama-3-8b --method lora --tokens 100M --gpu L40S", setup_train},
    {"explain", "Where a number of a result comes from, down to its sources",
     "explain result.json step.time_ms.value\n"
     "explain estimate --model deepseek-7b --gpu h100 memory_per_gpu_bytes.weights",
     setup_explain},
    {"gpus", "List, filter, show and compare cards, every fact with its source", "gpus H100 H200",
     setup_gpus},
    {"models", "List, filter and show models", "models deepseek-v3", setup_models},
    {"tco", "What a plan costs over its life: own, rent or both, line by line",
     "tco --model deepseek-r1 --qps 20\n"
     "tco plan.json --scenario own,rent --years 5 --growth 0.3\n"
     "tco --config configs/tco/deepseek-day.yaml",
     setup_tco},
    {"prices", "List and filter prices, each with source and date", "prices H100 --region eu",
     setup_prices},
    {"compat", "Which software and number formats work on a card, with sources",
     "compat --gpu V100 --engine vllm", setup_compat},
    {"mig", "Partitions of a card, and the instances that hold given models",
     "mig --gpu A100-80GB --fit deepseek-7b", setup_mig},
    {"levers", "What could be changed about a deployment, and what each change does",
     "levers --model deepseek-7b --gpu A100-80GB --rank-by tpot", setup_levers},
    {"pool", "Several models on one fleet at least cost: placements, what to buy and to retire",
     "pool pool.yaml --output json=pool.json", setup_pool},
    {"manifest", "An option of a plan as the files that deploy it: Kubernetes, compose, Slurm",
     "manifest plan.json --rank 1 --target k8s --output deploy.yaml", setup_manifest},
    {"report", "A result as HTML, workbook, Markdown or table",
     "report plan.json --output html=plan.html --lang zh", setup_report},
    {"calibrate", "Fit rates and engine profile to measurements of your own hardware",
     "calibrate probe.csv --gpu H100 --out h100-rates.yaml", setup_calibrate},
    {"validate", "Compare the estimator with measured runs from CSV files",
     "validate data/measurements/published.csv --predictions", setup_validate},
});

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace gpusize::cli
