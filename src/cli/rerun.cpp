#include "cli/rerun.hpp"

#include <array>

namespace gpusize::cli {
namespace {

constexpr std::array<Rerun, 6> kReruns{{
constexpr std::array<Rerun, 3> kReruns{{
constexpr std::array<Rerun, 3> kReruns{{
    {"check", rerun_check},
    {"estimate", rerun_estimate},
    {"mig", rerun_mig},
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
