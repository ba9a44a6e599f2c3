#pragma once
// Which software runs on which card: dated rules from data/compat, and the answers that follow from
// them. What no rule states is unknown, never guessed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/provenance.hpp"

namespace gpusize {

enum class Support : std::uint8_t { kYes, kNo, kUnknown };
std::string_view name_of(Support support);

/// One dated statement: does `subject` (an engine, CUDA, a number format, a kernel) work on the
/// cards of a family, and in which versions. Bounds are inclusive; `12.9` covers 12.9.1.
struct CompatRule {
  std::string subject;
  Support support = Support::kUnknown;
  std::string min;  ///< empty: no floor stated
  std::string max;  ///< empty: no ceiling stated
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

/// Cards that share their rules: by compute capability, else by architecture.
struct CompatFamily {
  std::string id;
  std::vector<std::string> architectures;
  std::vector<std::string> capabilities;
  std::vector<CompatRule> rules;
};

/// A version of one thing needs at least a version of another.
struct CompatNeed {
  std::string when;
  std::string from;   ///< first version that needs it
  std::string until;  ///< last one; empty: all later ones
  std::string needs;
  std::string min;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

/// The version that a name without one means.
struct CurrentVersion {
  std::string subject;
  std::string version;
  Source source;
};

struct CompatTable {
  std::vector<CompatFamily> families;
  std::vector<CompatNeed> needs;
  std::vector<CurrentVersion> current;

  /// The family of a card, or null.
  [[nodiscard]] const CompatFamily* family_of(const GpuSpec& gpu) const;
  /// Every subject that some rule speaks of, sorted.
  [[nodiscard]] std::vector<std::string> subjects() const;
};

/// Reads a `gpusize.compat/v2` document; problems go to `out`.
CompatTable read_compat(const Document& document, Diagnostics& out);

/// `subject` with a version, or without: then the current one where it is known.
struct CompatQuestion {
  std::string subject;
  std::string version;
};

struct CompatAnswer {
  std::string subject;
  std::string version;  ///< asked, or the current one that was taken; empty: none
  Support support = Support::kUnknown;
  std::string reason;  ///< one sentence; always set
  std::string min;
  std::string max;
  Source source;  ///< title empty when nothing is known
  Confidence confidence = Confidence::kUnverified;
};

/// What the data say about one subject on one card. Formats fall back on the card's own peaks, MIG
/// and vGPU on its facts.
CompatAnswer ask_compat(const CompatTable& table, const GpuSpec& gpu,
                        const CompatQuestion& question);

/// Versions that do not go with each other (a toolkit and its driver): one answer per need that a
/// question meets. A need whose other side nobody named is unknown.
std::vector<CompatAnswer> check_needs(const CompatTable& table,
                                      const std::vector<CompatQuestion>& questions);

/// Dotted versions by number: negative, zero or positive; over as many parts as `bound` has, so
/// 12.9.1 equals 12.9. Parts that are no numbers count as 0.
int compare_versions(std::string_view version, std::string_view bound);
/// Whether the text is digits and dots, beginning and ending with a digit.
bool is_version(std::string_view text);

}  // namespace gpusize
