#include "gpusize/core/confidence_below.hpp"

#include <string>

#include "support/catch.hpp"

namespace gpusize {
namespace {

Why leaf(Confidence confidence) {
  return why_fact("leaf", 1.0, "", NumberKind::kFact, {"datasheet", "doc-1", "2024-01-01"},
                  confidence);
}

TEST_CASE("numbers that share a part agree about it in any order") {
  const Why shared = why_sum("shared", 1.0, "", {{"a", leaf(Confidence::kUnverified)}});
  const Why left = why_sum("left", 2.0, "", {{"s", shared}, {"b", leaf(Confidence::kVerified)}});
  const Why right = why_sum("right", 2.0, "", {{"b", leaf(Confidence::kRead)}, {"s", shared}});
  ConfidenceBelow below;
  CHECK(below.of(*left) == Confidence::kUnverified);
  CHECK(below.of(*right) == Confidence::kUnverified);
  CHECK(below.of(*shared) == Confidence::kUnverified);
  CHECK(below.of(*left) == weakest_confidence(left));
}

TEST_CASE("a number with every path doubled is walked once per part") {
  Why why = leaf(Confidence::kLowTrust);
  // 2^200 paths: a walk that followed each would not end.
  for (int depth = 0; depth < 200; ++depth)
    why = why_sum("level", 1.0, "", {{"left", why}, {"right", why}});
  CHECK(ConfidenceBelow().of(*why) == Confidence::kLowTrust);
}

}  // namespace
}  // namespace gpusize
