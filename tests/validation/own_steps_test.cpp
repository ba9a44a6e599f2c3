// Whole-model steps timed on one H100 against the estimator with the same engine profile. The
// kernel rates were fitted on the same card, their in-step parameters on these rows: the test holds
// the graph and the formulas together, it is no blind prediction.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "gpusize/estimate/step.hpp"
#include "gpusize/spec/csv.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace {

using namespace gpusize;

/// One timed step: `length` is the KV length read (decode) or the prompt length (prefill).
struct OwnStep {
  std::string id;
  std::string model;
  std::string weights;
  bool prefill = false;
  double batch = 0.0;
  double length = 0.0;
  double step_ms = 0.0;
  double rel_tol = 0.0;
};

std::vector<OwnStep> read_steps() {
  std::ifstream in(GPUSIZE_SOURCE_DIR "/tests/validation/own_steps.csv", std::ios::binary);
  CsvReader reader(in, "own_steps.csv");
  CsvRow row;
  REQUIRE(reader.next(row));  // header
  std::vector<OwnStep> out;
  while (reader.next(row)) {
    const auto& f = row.fields;
    REQUIRE(f.size() == 10);
    const auto number = [&](std::size_t i) { return std::strtod(f[i].c_str(), nullptr); };
    out.push_back(
        {f[0], f[1], f[2], f[3] == "prefill", number(4), number(5), number(6), number(7)});
  }
  return out;
}

double estimate_ms(const OwnStep& row) {
  StepEstimator estimator(
      gpusize::test::deployment({row.model, "H100-SXM5-80GB", "cuda-graph", row.weights}));
  StepShape shape;
  shape.phase = row.prefill ? Phase::kPrefill : Phase::kDecode;
  shape.sequences = row.batch;
  shape.query_tokens = row.prefill ? row.length : 1.0;
  shape.context_tokens = row.prefill ? 0.0 : row.length - 1.0;  // the new token is read too
  shape.logit_rows = row.batch;
  return estimator.time(shape).in(units::ms);
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5));
}

}  // namespace

TEST_CASE("own H100 steps: every row lies in its band, the median error is small") {
  const std::vector<OwnStep> rows = read_steps();
  REQUIRE(rows.size() == 57);
  std::vector<double> errors;
  std::string table;
  for (const OwnStep& row : rows) {
    const double estimate = estimate_ms(row);
    const double error = estimate / row.step_ms - 1.0;
    table +=
        fmt::format("{} {:28} {:5} {} {:4} x {:5}: {:8.3f} ms, estimate {:8.3f} ms, {:+.1f} %\n",
                    row.id, row.model, row.weights, row.prefill ? "prefill" : "decode ", row.batch,
                    row.length, row.step_ms, estimate, 100.0 * error);
    errors.push_back(std::fabs(error));
    INFO(row.id << " " << row.model << " " << row.weights << " batch " << row.batch << " length "
                << row.length << " estimate " << estimate << " ms");
    CHECK(std::fabs(error) <= row.rel_tol);
  }
  if (std::getenv("GPUSIZE_PRINT_TABLES") != nullptr) std::fputs(table.c_str(), stdout);
  UNSCOPED_INFO(table);
  CHECK(quantile(errors, 0.5) <= 0.02);
  CHECK(quantile(errors, 0.9) <= 0.06);
}
