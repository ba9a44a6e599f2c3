#include "cli/rerun.hpp"

#include <array>

#include "cli/cmd_pool.hpp"

namespace gpusize::cli {
namespace {

constexpr auto kReruns = std::to_array<Rerun>({
    {"calibrate", rerun_calibrate},
    {"check", rerun_check},
    {"diff", rerun_diff},
    {"estimate", rerun_estimate},
    {"gpus", rerun_gpus},
    {"levers", rerun_levers},
    {"mig", rerun_mig},
    {"models", rerun_models},
    {"plan", rerun_plan},
    {"pool", rerun_pool},
    {"prices", rerun_prices},
    {"simulate", rerun_simulate},
    {"tco", rerun_tco},
    {"train", rerun_train},
    {"validate", rerun_validate},
    {"workload", rerun_workload},
});

}  // namespace

std::span<const Rerun> reruns() { return kReruns; }

const Rerun* find_rerun(std::string_view command) {
  for (const Rerun& rerun : kReruns) {
    if (rerun.command == command) return &rerun;
  }
  return nullptr;
}

}  // namespace gpusize::cli
