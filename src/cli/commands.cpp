#include <array>

#include "cli/command.hpp"

namespace gpusize::cli {
namespace {

constexpr std::array<Command, 3> kCommands{{
    {"gpus", "List, filter, show and compare cards, every fact with its source", setup_gpus},
    {"models", "List, filter and show models", setup_models},
    {"prices", "List and filter prices, each with source and date", setup_prices},
}};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace gpusize::cli
