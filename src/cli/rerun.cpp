#include "cli/rerun.hpp"

#include <array>

namespace gpusize::cli {
namespace {

constexpr std::array<Rerun, 4> kReruns{{
    {"estimate", rerun_estimate},
    {"plan", rerun_plan},
    {"tco", rerun_tco},
    {"simulate", rerun_simulate},
}};

}  // namespace

std::span<const Rerun> reruns() { return kReruns; }

const Rerun* find_rerun(std::string_view command) {
  for (const Rerun& rerun : kReruns) {
    if (rerun.command == command) return &rerun;
  }
  return nullptr;
}

}  // namespace gpusize::cli
