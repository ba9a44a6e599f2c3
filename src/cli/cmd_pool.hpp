#pragma once
// The subcommand `pool` and how its document is made again.

#include <functional>

#include <CLI/CLI.hpp>

#include "cli/rerun.hpp"

namespace gpusize::cli {

std::function<int()> setup_pool(CLI::App& app);
Result<ResultDocument> rerun_pool(const Catalog& catalog, Node inputs);

}  // namespace gpusize::cli
