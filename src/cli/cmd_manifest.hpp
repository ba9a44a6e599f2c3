#pragma once
// The subcommand `manifest`.

#include <functional>

#include "cli/parser.hpp"

namespace gpusize::cli {

std::function<int()> setup_manifest(Parser& app);

}  // namespace gpusize::cli
