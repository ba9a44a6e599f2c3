#include <array>

#include "cli/cmd_manifest.hpp"
#include "cli/cmd_pool.hpp"
#include "cli/command.hpp"

namespace gpusize::cli {
namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"plan", "What to buy for a model and a rate: cards, layouts, latency, cost", setup_plan},
    {"estimate", "Memory and step time of one model on one card, operator by operator",
     setup_estimate},
    {"simulate", "A fleet under load, request by request: percentiles, queues, goodput",
     setup_simulate},
    {"workload", "What a request trace is like: rates, lengths, burstiness, prefix reuse",
     setup_workload},
    {"check", "Deployment files against models, cards, policy and budget: the gate for CI",
     setup_check},
    {"diff", "What a change of deployments does to GPUs, cost, memory and latency", setup_diff},
    {"train", "What to train or fine-tune a model on: cards, layouts, days, cost", setup_train},
    {"explain", "Where a number of a result comes from, down to its sources", setup_explain},
    {"gpus", "List, filter, show and compare cards, every fact with its source", setup_gpus},
    {"models", "List, filter and show models", setup_models},
    {"tco", "What a plan costs over its life: own, rent or both, line by line", setup_tco},
    {"prices", "List and filter prices, each with source and date", setup_prices},
    {"compat", "Which software and number formats work on a card, with sources", setup_compat},
    {"mig", "Partitions of a card, and the instances that hold given models", setup_mig},
    {"levers", "What could be changed about a deployment, and what each change does", setup_levers},
    {"pool", "Several models on one fleet at least cost: placements, what to buy and to retire",
     setup_pool},
    {"manifest", "An option of a plan as the files that deploy it: Kubernetes, compose, Slurm",
     setup_manifest},
    {"report", "A result as HTML, workbook, Markdown or table", setup_report},
    {"calibrate", "Fit rates and engine profile to measurements of your own hardware",
     setup_calibrate},
    {"validate", "Compare the estimator with measured runs from CSV files", setup_validate},
});

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace gpusize::cli
