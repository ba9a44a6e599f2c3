#include "cli/rerun.hpp"

#include <array>

namespace gpusize::cli {
namespace {

constexpr auto kReruns = std::to_array<Rerun>({
    {"check", rerun_check},
    {"estimate", rerun_estimate},
    {"mig", rerun_mig},
    {"plan", rerun_plan},
    {"tco", rerun_tco},
    {"simulate", rerun_simulate},
});
constexpr std::array<Rerun, 6> kReruns{{
    {"estimate", rerun_estimate},
    {"gpus", rerun_gpus},
    {"models", rerun_models},
    {"plan", rerun_plan},
    {"prices", rerun_prices},
    {"validate", rerun_validate},
}};
    {"train", rerun_train},
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
