#pragma once
// Where a number comes from and how sure it is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gpusize {

/// How sure a fact is, strongest first. A result shows the weakest below it.
enum class Confidence : std::uint8_t {
  kVerified,    ///< checked against the vendor's datasheet or a measurement
  kRead,        ///< read in the named source
  kDerived,     ///< computed from other facts
  kDisputed,    ///< sources disagree; the note names the other values
  kUnverified,  ///< not read in any text
  kLowTrust,    ///< the only source is known to be careless
};

/// What kind of number it is, as reports label it.
enum class NumberKind : std::uint8_t { kFact, kMeasured, kEstimated, kAssumed, kInput };

std::string_view name_of(Confidence confidence);
std::string_view name_of(NumberKind kind);
/// The confidence with this name, or nothing.
std::optional<Confidence> confidence_from(std::string_view name);

/// Whether the fact is too weak to rank first on.
constexpr bool is_unverified(Confidence c) {
  return c == Confidence::kUnverified || c == Confidence::kLowTrust;
}
constexpr Confidence weakest(Confidence a, Confidence b) { return a < b ? b : a; }

/// A citable source.
struct Source {
  std::string title;
  std::string ref;    ///< address, document name, or repository@commit
  std::string as_of;  ///< ISO date
};

/// A value with its source.
template <typename T>
struct Fact {
  T value{};
  Source source;
  Confidence confidence = Confidence::kRead;
  std::string note;
};

}  // namespace gpusize
