#include "gpusize/report/validate_document.hpp"

#include <fmt/format.h>

namespace gpusize {
namespace {

void count(ObjectWriter& to, std::string_view key, std::size_t value, std::string note) {
  to.integer(key, static_cast<std::int64_t>(value),
             why_count(std::string(key), static_cast<double>(value), std::move(note)));
}

void write_errors(ObjectWriter to, const ErrorStatistics& e) {
  const std::string over =
      fmt::format("over {} rows; APE = 100 |predicted - measured| / measured", e.n);
  const Why rows = why_count("n", static_cast<double>(e.n), "assessed rows with a measured value");
  const auto percent = [&](std::string_view key, double value, std::string_view how) {
    to.number(
        key, value,
        why_search(std::string(key), value, "%", fmt::format("{} {}", how, over), {{"n", rows}}));
  };
  to.integer("n", static_cast<std::int64_t>(e.n), rows);
  percent("median_ape_pct", e.median_ape_pct, "median of the APE");
  percent("mean_ape_pct", e.mean_ape_pct, "mean of the APE");
  percent("p90_ape_pct", e.p90_ape_pct,
          "90th percentile of the APE, linear between order statistics,");
  percent("bias_pct", e.bias_pct, "median of 100 (predicted - measured) / measured");
  percent("within_band_pct", e.within_band_pct, "share of measured values inside the 90 % band");
}

void write_groups(ObjectWriter root, std::string_view key, const std::vector<GroupErrors>& groups) {
  root.list(key);
  for (const GroupErrors& group : groups) {
    ObjectWriter entry = root.append(key);
    entry.text("name", group.name);
    write_errors(entry, group.errors);
  }
}

void write_tallies(ObjectWriter root, std::string_view key, const std::vector<Tally>& tallies) {
  root.list(key);
  for (const Tally& tally : tallies) {
    ObjectWriter entry = root.append(key);
    entry.text("name", tally.name);
    count(entry, "rows", tally.rows, "rows that share it");
  }
}

void write_predictions(ObjectWriter root, const std::vector<PredictedRow>& rows) {
  root.list("predictions");
  for (const PredictedRow& row : rows) {
    ObjectWriter entry = root.append("predictions");
    entry.text("id", row.id);
    entry.text("metric", row.metric);
    entry.text("unit", row.unit);
    entry.number("predicted", row.predicted, row.why);
    entry.number("low", row.low, row.why_low);
    entry.number("high", row.high, row.why_high);
    if (row.measured) {
      entry.number("measured", *row.measured,
                   why_input("measured", *row.measured, row.unit, "column value of row " + row.id));
    } else {
      entry.null("measured");
    }
  }
}

}  // namespace

ResultDocument validate_document(const ValidationResult& result) {
  ResultDocument document("https://gpusize.dev/schema/validate-1.schema.json", "validate");
  ObjectWriter root = document.root();
  count(root, "rows", result.rows, "rows read");
  count(root, "assessed", result.assessed, "rows with a prediction");
  count(root, "without_value", result.without_value,
        "assessed rows that hold no number above 0 to compare with");
  ObjectWriter summary = root.object("summary");
  if (result.summary) {
    write_errors(summary, *result.summary);
  } else {
    count(summary, "n", 0, "assessed rows with a measured value");
    for (const char* key :
         {"median_ape_pct", "mean_ape_pct", "p90_ape_pct", "bias_pct", "within_band_pct"})
      summary.null(key);
  }
  if (result.kernels) write_errors(root.object("kernels"), *result.kernels);
  write_groups(root, "by_kernel", result.by_kernel);
  write_groups(root, "by_metric", result.by_metric);
  write_groups(root, "by_source", result.by_source);
  write_groups(root, "by_gpu", result.by_gpu);
  write_groups(root, "by_model", result.by_model);
  write_groups(root, "by_engine", result.by_engine);
  write_tallies(root, "not_assessed_reasons", result.reasons);
  write_tallies(root, "assumptions", result.assumptions);
  root.list("not_assessed");
  for (const UnassessedRow& row : result.not_assessed) {
    ObjectWriter entry = root.append("not_assessed");
    entry.text("id", row.id);
    entry.text("reason", row.reason);
  }
  if (!result.predictions.empty()) write_predictions(root, result.predictions);
  return document;
}

}  // namespace gpusize
