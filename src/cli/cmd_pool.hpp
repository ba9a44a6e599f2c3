#pragma once
// The subcommand `pool` and how its document is made again.

#include <functional>

#include "cli/parser.hpp"
#include "cli/rerun.hpp"

namespace gpusize::cli {

std::function<int()> setup_pool(Parser& app);
Result<ResultDocument> rerun_pool(const Catalog& catalog, Node inputs);

}  // namespace gpusize::cli
