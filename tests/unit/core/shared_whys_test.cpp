#include "gpusize/core/shared_whys.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

constexpr Formula kBytes{"test.bytes", "gb * 1e9", "B/s", "definition"};

Why sheet(double value, const char* date = "2024-01-01") {
  return why_fact("bandwidth", value, "GB/s", NumberKind::kFact, {"datasheet", "doc-1", date},
                  Confidence::kRead);
}

TEST_CASE("what says the same is kept once") {
  SharedWhys shared;
  const Why first = sheet(4.0);
  CHECK(shared.once(first) == first);
  CHECK(shared.once(sheet(4.0)) == first);
}

TEST_CASE("another value, source or unit is another reason") {
  SharedWhys shared;
  const Why first = shared.once(sheet(4.0));
  CHECK(shared.once(sheet(5.0)) != first);
  CHECK(shared.once(sheet(4.0, "2025-01-01")) != first);
  CHECK(shared.once(why_input("bandwidth", 4.0, "GB/s", "--bandwidth")) != first);
}

TEST_CASE("formulas are the same when all below them is") {
  SharedWhys shared;
  const auto scaled = [](double value) {
    return why_formula(kBytes, "bytes per second", 4e9, {{"gb", sheet(value)}});
  };
  const Why first = shared.once(scaled(4.0));
  CHECK(shared.once(scaled(4.0)) == first);
  CHECK(shared.once(scaled(4.5)) != first);
  CHECK(shared.once(why_formula(kBytes, "bytes per second", 4e9, {})) != first);
}

}  // namespace
}  // namespace gpusize
