#pragma once
// The subcommand `manifest`.

#include <functional>

#include <CLI/CLI.hpp>

namespace gpusize::cli {

std::function<int()> setup_manifest(CLI::App& app);

}  // namespace gpusize::cli
