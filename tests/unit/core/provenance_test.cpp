#include "gpusize/core/provenance.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

namespace gpusize {
namespace {

constexpr Confidence kAll[] = {Confidence::kVerified,   Confidence::kRead,
                               Confidence::kDerived,    Confidence::kDisputed,
                               Confidence::kUnverified, Confidence::kLowTrust};

TEST_CASE("confidence names read back") {
  for (const Confidence confidence : kAll) {
    INFO(name_of(confidence));
    CHECK(confidence_from(name_of(confidence)) == confidence);
  }
  CHECK_FALSE(confidence_from("").has_value());
  CHECK_FALSE(confidence_from("Verified").has_value());
}

TEST_CASE("the weakest of two is symmetric and one of them") {
  for (const Confidence a : kAll) {
    for (const Confidence b : kAll) {
      CHECK(weakest(a, b) == weakest(b, a));
      CHECK((weakest(a, b) == a || weakest(a, b) == b));
      CHECK(weakest(a, b) >= a);
    }
  }
  CHECK(weakest(Confidence::kVerified, Confidence::kLowTrust) == Confidence::kLowTrust);
}

TEST_CASE("too weak to rank on") {
  for (const Confidence confidence : kAll) {
    CHECK(is_unverified(confidence) == (confidence >= Confidence::kUnverified));
  }
}

TEST_CASE("kinds of numbers have different names") {
  std::set<std::string> names;
  for (const NumberKind kind : {NumberKind::kFact, NumberKind::kMeasured, NumberKind::kEstimated,
                                NumberKind::kAssumed, NumberKind::kInput}) {
    names.insert(std::string(name_of(kind)));
  }
  CHECK(names.size() == 5);
}

}  // namespace
}  // namespace gpusize
