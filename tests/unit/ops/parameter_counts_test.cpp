#include "gpusize/ops/tensors.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

namespace gpusize {
namespace {

TEST_CASE("published element totals are met to the element") {
  for (const auto& row : test::table("param_counts.csv")) {
    CAPTURE(row.at("id"));
    const ParameterCounts counts = count_parameters(test::model(row.at("id")));
    if (const auto& text = row.at("checkpoint_elements"); !text.empty()) {
      CHECK(counts.checkpoint_elements == std::stoll(text));
    }
    if (const auto& text = row.at("main_parameters"); !text.empty()) {
      CHECK(counts.total == std::stoll(text));
    }
    if (const auto& text = row.at("checkpoint_bytes"); !text.empty()) {
      const double published = std::stod(text);
      const double tolerance = std::stod(row.at("rel_tol_bytes"));
      CHECK(counts.checkpoint_bytes.in(units::B) == Approx(published).epsilon(tolerance));
    }
  }
}

TEST_CASE("active parameters of models whose papers state them") {
  // Without the input embedding; the papers round to the billion.
  CHECK(static_cast<double>(count_parameters(test::model("deepseek-v3")).active) ==
        Approx(36.63e9).epsilon(1e-3));
  CHECK(static_cast<double>(count_parameters(test::model("mixtral-8x7b")).active) ==
        Approx(12.75e9).epsilon(1e-3));
  CHECK(static_cast<double>(count_parameters(test::model("deepseek-v4-pro")).active) ==
        Approx(48.85e9).epsilon(1e-3));
}

TEST_CASE("DeepSeek-V3's MTP module is counted apart") {
  // README_WEIGHTS: 11.5 B unique; the model's own tensors sum to this.
  CHECK(count_parameters(test::model("deepseek-v3")).mtp == 11'610'068'224);
}

}  // namespace
}  // namespace gpusize
