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

}  // namespace

std::span<const Rerun> reruns() { return kReruns; }

const Rerun* find_rerun(std::string_view command) {
  for (const Rerun& rerun : kReruns) {
    if (rerun.command == command) return &rerun;
  }
  return nullptr;
}

}  // namespace gpusize::cli
