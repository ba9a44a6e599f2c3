#include <array>

#include "cli/command.hpp"

namespace gpusize::cli {
namespace {

constexpr std::array<Command, 5> kCommands{{
    {"plan", "What to buy for a model and a rate: cards, layouts, latency, cost", setup_plan},
    {"gpus", "List, filter, show and compare cards, every fact with its source", setup_gpus},
    {"models", "List, filter and show models", setup_models},
    {"prices", "List and filter prices, each with source and date", setup_prices},
    {"validate", "Compare the estimator with measured runs from CSV files", setup_validate},
}};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace gpusize::cli
