#pragma once
// What rules see and how they speak. One file per group of rules; rules.cpp lists them.

#include <string>
#include <string_view>
#include <vector>

#include "gpusize/gate/assess.hpp"
#include "gpusize/gate/finding.hpp"

namespace gpusize {

/// Limits that a policy may set.
struct JudgeLimits {
  double min_requests = 1.5;          ///< GS103: KV pool in requests of the greatest length
  double max_memory_fraction = 0.97;  ///< GS104
};

class Judge {
 public:
  Judge(const Assessment& about, const JudgeLimits& limits, std::vector<Finding>& out)
      : about_(about), limits_(limits), out_(out) {}

  [[nodiscard]] const Assessment& about() const { return about_; }
  [[nodiscard]] const DeployedWorkload& said() const { return *about_.said; }
  [[nodiscard]] const ServingArgs& args() const { return about_.said->args; }
  [[nodiscard]] const JudgeLimits& limits() const { return limits_; }

  /// A finding of `code` at `place` (the workload's own when unknown).
  Finding& add(std::string_view code, Place place, std::string message, std::string help = {});
  /// The place of the first of these that the file states, else the workload's.
  template <typename... S>
  [[nodiscard]] Place at(const S&... stated) const {
    Place out;
    ((out.line == 0 && stated ? void(out = stated->place) : void()), ...);
    return out.line > 0 ? out : about_.said->place;
  }
  /// Where a value is written, for derivations.
  [[nodiscard]] std::string where(Place place) const;

 private:
  const Assessment& about_;
  const JudgeLimits& limits_;
  std::vector<Finding>& out_;
};

/// `12.3 GiB`.
std::string gib(Bytes bytes);

void judge_fit(Judge& judge);
void judge_parallelism(Judge& judge);
void judge_card(Judge& judge);
void judge_hygiene(Judge& judge);

}  // namespace gpusize
