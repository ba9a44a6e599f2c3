#include "gpusize/core/provenance.hpp"

#include <array>
#include <utility>

namespace gpusize {
namespace {

constexpr std::array<std::pair<Confidence, std::string_view>, 6> kNames{{
    {Confidence::kVerified, "verified"},
    {Confidence::kRead, "read"},
    {Confidence::kDerived, "derived"},
    {Confidence::kDisputed, "disputed"},
    {Confidence::kUnverified, "unverified"},
    {Confidence::kLowTrust, "low-trust"},
}};

}  // namespace

std::string_view name_of(Confidence confidence) {
  return kNames.at(static_cast<std::size_t>(confidence)).second;
}

std::string_view name_of(NumberKind kind) {
  switch (kind) {
    case NumberKind::kFact: return "fact";
    case NumberKind::kMeasured: return "measured";
    case NumberKind::kEstimated: return "estimated";
    case NumberKind::kAssumed: return "assumed";
    case NumberKind::kInput: return "input";
  }
  return "estimated";
}

std::optional<Confidence> confidence_from(std::string_view name) {
  for (const auto& [confidence, text] : kNames) {
    if (text == name) return confidence;
  }
  return {};
}

}  // namespace gpusize
