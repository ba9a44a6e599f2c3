#include "gpusize/core/derivation.hpp"

#include <limits>
#include <string>

#include "support/catch.hpp"

namespace gpusize {
namespace {

constexpr Formula kSweep{"test.sweep", "bytes / bandwidth", "s", "a textbook"};
const Source kSheet{"datasheet", "doc-1", "2024-01-01"};

Why bandwidth(Confidence confidence = Confidence::kRead) {
  return why_fact("memory bandwidth", 4.0, "B/s", NumberKind::kFact, kSheet, confidence);
}

TEST_CASE("a formula that gives the code's value replays") {
  const Why why = why_formula(
      kSweep, "sweep", 2.5,
      {{"bytes", why_input("bytes", 10.0, "B", "--bytes")}, {"bandwidth", bandwidth()}});
  CHECK(first_mismatch(why).empty());
  CHECK(why->unit == "s");
}

TEST_CASE("a formula that drifts from the code is named") {
  const Why wrong = why_formula(
      kSweep, "sweep", 2.6,
      {{"bytes", why_input("bytes", 10.0, "B", "--bytes")}, {"bandwidth", bandwidth()}});
  const Why total = why_sum("step", 2.6, "s", {{"sweep", wrong}});
  CHECK_THAT(first_mismatch(total),
             test::contains("step > sweep: code says 2.6") && test::contains("gives 2.5"));
}

TEST_CASE("a missing input and a value that is no number are mismatches") {
  CHECK_THAT(first_mismatch(why_formula(kSweep, "sweep", 2.5, {{"bandwidth", bandwidth()}})),
             test::contains("no value for bytes"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(
      first_mismatch(why_sum("total", nan, "s", {{"part", why_count("part", 1.0, "")}})).empty());
}

TEST_CASE("sums") {
  const Why parts = why_sum("total", 3.0, "s",
                            {{"x", why_count("x", 1.0, "n")}, {"y", why_count("y", 2.0, "n")}});
  CHECK(first_mismatch(parts).empty());
  const Why off = why_sum("total", 3.1, "s",
                          {{"x", why_count("x", 1.0, "n")}, {"y", why_count("y", 2.0, "n")}});
  CHECK_FALSE(first_mismatch(off).empty());
  CHECK(first_mismatch(off, 0.1).empty());
}

TEST_CASE("the weakest fact below shows at the top") {
  const Why why = why_sum("total", 4.0, "B/s", {{"x", bandwidth(Confidence::kUnverified)}});
  const Why above = why_search("best", 4.0, "B/s", "searched",
                               {{"total", why}, {"input", why_input("i", 1.0, "", "--i")}});
  CHECK(weakest_confidence(above) == Confidence::kUnverified);
  CHECK(weakest_confidence(why_input("i", 1.0, "", "--i")) == Confidence::kVerified);
}

TEST_CASE("inputs that are made later are made once, when somebody looks") {
  int made = 0;
  const Why why = why_formula_later(kSweep, "sweep", 2.5, [&made]() -> WhyInputs {
    ++made;
    return {{"bytes", why_input("bytes", 10.0, "B", "--bytes")},
            {"bandwidth", bandwidth(Confidence::kUnverified)}};
  });
  const Why total = why_sum("step", 2.5, "s", {{"sweep", why}});
  CHECK(made == 0);
  CHECK(first_mismatch(total).empty());
  CHECK(weakest_confidence(total) == Confidence::kUnverified);
  CHECK(why->inputs.size() == 2);
  CHECK(made == 1);
}

TEST_CASE("the tree prints facts, formulas and inputs") {
  const Why why = why_formula(
      kSweep, "sweep", 2.5,
      {{"bytes", why_input("bytes", 10.0, "B", "job.yaml:3:2")}, {"bandwidth", bandwidth()}},
      "one pass");
  CHECK(render(why) ==
        "sweep = 2.5 s\n"
        "    = bytes / bandwidth   (test.sweep) [a textbook]; one pass\n"
        "  bytes = 10 B\n"
        "      input: job.yaml:3:2\n"
        "  bandwidth (memory bandwidth) = 4 B/s\n"
        "      fact, read: datasheet <doc-1>, 2024-01-01\n");
  CHECK(render(why, 1).find("bytes = 10") == std::string::npos);
}

TEST_CASE("labels from files cannot drive the terminal") {
  const std::string out = render(why_input("a\x1b[2J", 1.0, "\x1b", "file\n"));
  CHECK(out.find('\x1b') == std::string::npos);
  CHECK_THAT(out, test::contains("file\\x0a"));
}

TEST_CASE("a shared subtree is checked once") {
  Why why = why_count("leaf", 1.0, "n");
  double value = 1.0;
  for (int i = 0; i < 200; ++i) {  // 2^200 paths
    value *= 2.0;
    why = why_sum("twice", value, "", {{"a", why}, {"b", why}});
  }
  CHECK(first_mismatch(why).empty());
}

}  // namespace
}  // namespace gpusize
