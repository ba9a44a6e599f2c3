#include "plan/slices.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/mig.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kShares{"mps", "time-slicing", "vgpu"};

Diagnostic bad(const std::string& kind, std::string hint) {
  return make_error("plan-slice", fmt::format("\"{}\" is no way to share a card", printable(kind)),
                    {}, std::move(hint));
}

/// Every instance size but the whole card; media and graphics variants hold models no better.
void add_mig(const GpuSpec& gpu, std::vector<GpuSpec>& out) {
  for (const MigProfile& profile : gpu.mig_profiles) {
    if (profile.memory_eighths >= 8) continue;
    if (profile.name.find_first_of("+-") != std::string::npos) continue;
    out.push_back(mig_slice(gpu, profile));
  }
}

bool has(const GpuSpec& gpu, std::string_view fact) {
  const GpuFact* found = gpu.fact(fact);
  return found != nullptr && found->text != "false";
}

}  // namespace

Result<std::vector<GpuSpec>> slices_of(const GpuSpec& gpu, const std::vector<std::string>& kinds) {
  std::vector<GpuSpec> out;
  for (const std::string& kind : kinds) {
    if (kind == "mig") {
      add_mig(gpu, out);
      continue;
    }
    const std::size_t colon = kind.find(':');
    const std::string name = kind.substr(0, colon);
    if (std::find(kShares.begin(), kShares.end(), name) == kShares.end()) {
      const std::string near = did_you_mean(name, {"mig", "mps", "time-slicing", "vgpu"});
      return bad(kind, near + (near.empty() ? "" : " ") + "mig, mps:N, time-slicing:N or vgpu:N");
    }
    const auto ways = colon == std::string::npos
                          ? std::nullopt
                          : parse_integer(std::string_view(kind).substr(colon + 1));
    if (!ways || *ways < 2 || *ways > 48)
      return bad(kind, fmt::format("{}:N with 2 to 48 users, for example {}:4", name, name));
    if (name == "vgpu" && !has(gpu, "vgpu")) continue;
    out.push_back(shared_card(gpu, name, *ways));
  }
  return out;
}

}  // namespace gpusize
