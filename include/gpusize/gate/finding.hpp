#pragma once
// Findings of the gate and the rules that make them. Codes are stable and never used again for
// something else: people suppress by them.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/derivation.hpp"
#include "gpusize/core/diagnostic.hpp"
#include "gpusize/spec/source_text.hpp"

namespace gpusize {

/// What `explain GS101` and docs/rules say about a rule.
struct RuleInfo {
  std::string_view code;
  std::string_view name;  ///< `weights-do-not-fit`
  Severity severity = Severity::kWarning;
  std::string_view title;
  std::string_view why;  ///< what is judged and by which arithmetic
  std::string_view fix;  ///< what to change
};

/// Every rule, in the order of codes.
std::span<const RuleInfo> rules();
const RuleInfo* find_rule(std::string_view code);
/// The documentation page of a rule, Markdown.
std::string rule_page(const RuleInfo& rule);

/// One number of a finding with its derivation.
struct FindingNumber {
  double value = 0.0;
  Why why;
};

enum class BaselineState : std::uint8_t { kNone, kNew, kUnchanged };

struct Finding {
  const RuleInfo* rule = nullptr;
  Severity severity = Severity::kWarning;
  std::string message;
  std::string help;  ///< what to change, for this place
  std::string file;
  Place place;
  std::string object;  ///< kind/namespace/name/container
  std::string detail;  ///< what tells findings of one rule on one object apart
  std::optional<FindingNumber> actual;
  std::optional<FindingNumber> limit;
  std::string unit;
  std::string fingerprint;
  BaselineState baseline = BaselineState::kNone;
  std::string suppressed;  ///< the reason, when something in the files or a baseline suppresses it
};

/// SHA-256 as lower-case hex.
std::string sha256(std::string_view bytes);
/// Of rule, file, object and detail, not of the line: findings keep theirs when lines move.
std::string fingerprint_of(const Finding& finding);

}  // namespace gpusize
