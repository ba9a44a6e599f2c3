#pragma once
// `gpusize prices import`.

#include <functional>

#include "cli/command.hpp"

namespace gpusize::cli {

/// Adds the options of `prices import`; what is returned runs it.
std::function<int()> setup_prices_import(Parser& app);

}  // namespace gpusize::cli
