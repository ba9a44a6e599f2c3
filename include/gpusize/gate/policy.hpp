#pragma once
// The policy file `.gpusize.yaml` (schema gpusize.policy/v1): severities, limits, thresholds,
// defaults and suppressions.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/gate/finding.hpp"

namespace gpusize {

struct RuleSetting {
  bool off = false;
  Severity severity = Severity::kWarning;
  std::string reason;
};

enum class Relation : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };
/// `cost.usd_per_month <= 50000`.
struct Threshold {
  std::string text;
  std::string name;
  Relation relation = Relation::kLessEqual;
  double limit = 0.0;
  Severity severity = Severity::kError;
  std::string message;
  Place place;
};
/// Reads `name op number`; the error says what was expected.
Result<Threshold> parse_threshold(const std::string& text, const Location& where);

/// Something that a rule need not say again.
struct Suppression {
  std::string rule;
  std::string path;      ///< glob of files; empty: any
  std::string workload;  ///< name; empty: any
  std::string reason;
  std::string expires;  ///< ISO date; empty: never
  std::string file;     ///< where it is written
  Place place;
  bool next_line = false;  ///< an inline comment: holds for its line and the next one
  bool used = false;
};

struct Policy {
  std::string file;
  std::string gpu;
  std::string traffic;  ///< path, beside the policy
  std::map<std::string, std::string> model_names;
  std::map<std::string, RuleSetting> rules;
  std::optional<double> min_requests;
  std::optional<double> max_memory_fraction;
  std::optional<double> budget_usd_per_month;
  std::vector<Threshold> thresholds;
  std::vector<Suppression> suppressions;
};

Result<Policy> read_policy(const Document& document);

}  // namespace gpusize
