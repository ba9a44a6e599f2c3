#include "manifest/selection.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/catalog/mig.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kLongestName = 40;  ///< objects append to it; Kubernetes allows 63

/// The product name of the card as its driver gives it, which node labels carry.
std::string product_name(const GpuSpec& gpu) {
  for (const std::string& alias : gpu.aliases) {
    if (gpu.vendor == "nvidia" && (alias.starts_with("NVIDIA ") || alias.starts_with("Tesla ")))
      return alias;
    if (gpu.vendor == "amd" && alias.starts_with("AMD_")) return alias;
  }
  return {};
}

Result<Card> find_part(const GpuSpec& gpu, const std::string& name, const std::string& part) {
  Card card;
  card.whole = &gpu;
  card.selection.part = part;
  const std::size_t colon = part.find(':');
  if (colon == std::string::npos) {
    for (const MigProfile& profile : gpu.mig_profiles) {
      if (profile.name != part) continue;
      card.part = std::make_shared<GpuSpec>(mig_slice(gpu, profile));
      card.selection.resource = "nvidia.com/mig-" + part;
      return card;
    }
    return make_error("manifest-card",
                      fmt::format("{} has no instance \"{}\"", gpu.id, printable(part)));
  }
  const std::string kind = part.substr(0, colon);
  const auto ways = parse_integer(std::string_view(part).substr(colon + 1));
  if ((kind != "mps" && kind != "time-slicing") || !ways || *ways < 2)
    return no_part(name,
                   "a vGPU's profile is set on the hypervisor; write the option of the whole card");
  card.part = std::make_shared<GpuSpec>(shared_card(gpu, kind, *ways));
  card.memory_share = 1.0 / static_cast<double>(*ways);
  return card;
}

}  // namespace

std::string label_name(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!kept && (out.empty() || out.back() == '-')) continue;
    out.push_back(kept ? c : '-');
    if (out.size() == kLongestName) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "model" : out;
}

bool is_plain_reference(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) {
                       const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                         (c >= '0' && c <= '9');
                       return word ||
                              std::string_view("._-/:@+~=").find(c) != std::string_view::npos;
                     }) &&
         !text.starts_with('-');
}

Diagnostic no_part(const std::string& name, std::string hint) {
  return make_error("manifest-card",
                    fmt::format("no deployment file can ask for {}", printable(name)), {},
                    std::move(hint));
}

Result<Card> find_card(const Catalog& catalog, const std::string& name) {
  const std::size_t slash = name.find('/');
  const auto found = catalog.find_gpu(name.substr(0, slash));
  if (!found.ok()) return found.errors();
  const GpuSpec& gpu = *found->entry;
  Card card;
  if (slash != std::string::npos) {
    auto part = find_part(gpu, name, name.substr(slash + 1));
    if (!part.ok()) return part.errors();
    card = std::move(part).value();
  } else {
    card.whole = &gpu;
    card.part = std::make_shared<GpuSpec>(gpu);
  }
  CardSelection& s = card.selection;
  s.id = gpu.id;
  s.vendor = gpu.vendor;
  s.node_gpus = card.part->node_gpus;
  const bool amd = gpu.vendor == "amd";
  if (s.resource.empty()) s.resource = amd ? "amd.com/gpu" : "nvidia.com/gpu";
  s.label_key = amd ? "amd.com/gpu.product-name" : "nvidia.com/gpu.product";
  s.label = product_name(gpu);
  // GPU feature discovery writes dashes for spaces, and marks cards that several pods share.
  std::replace(s.label.begin(), s.label.end(), ' ', '-');
  if (!s.label.empty() && s.part.find(':') != std::string::npos) s.label += "-SHARED";
  return card;
}

}  // namespace gpusize
