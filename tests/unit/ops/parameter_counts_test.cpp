#include "gpusize/ops/tensors.hpp"

#include <algorithm>
#include <cmath>

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
  }
}

/// Stored bytes of a checkpoint, or of its multi-token-prediction file alone.
double checkpoint_bytes(const ModelSpec& model, const std::string& weights, bool mtp_alone) {
  const WeightPlan plan = plan_weights(model, weights).value();
  double sum = 0.0;
  for (const TensorGroup& group : tensors_of(model)) {
    const bool mtp = group.part == TensorPart::kMtp || group.part == TensorPart::kCopy;
    if (mtp || !mtp_alone) sum += stored_bytes(group, plan);
  }
  return sum;
}

TEST_CASE("published checkpoint sizes are met to 0.1 %") {
  // A source that rounds (each shard to 0.1 GiB, say) knows its own sum no better than
  // `rounding_bytes`.
  for (const auto& row : test::table("checkpoint_bytes.csv")) {
    CAPTURE(row.at("id"), row.at("weights"), row.at("part"));
    const double published = std::stod(row.at("bytes"));
    const double tolerance = std::max(0.001 * published, std::stod(row.at("rounding_bytes")));
    const double computed =
        checkpoint_bytes(test::model(row.at("id")), row.at("weights"), row.at("part") == "mtp");
    if (row.at("left_out").empty()) {
      CHECK(std::fabs(computed - published) <= tolerance);
    } else {  // what is left out can only make the file larger
      CHECK(computed < published);
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
