#include "plan/estimate_step.hpp"
#include "gpusize/estimate/prompts.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gpusize/estimate/step.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {
namespace {

/// Equal operators of several kinds of layers as one row.
struct Row {
  std::string name;
  std::vector<OperatorWhys> parts;
  Bound bound = Bound::kLaunch;
  double largest_ms = -1.0;
};

using Member = Why OperatorWhys::*;
struct Column {
  std::string_view key;
  std::string_view unit;
  Member member;
};
constexpr std::array<Column, 7> kColumns{{
    {"count", "", &OperatorWhys::count},
    {"flops", "FLOP", &OperatorWhys::flops},
    {"weight_bytes", "B", &OperatorWhys::weight_bytes},
    {"activation_bytes", "B", &OperatorWhys::activation_bytes},
    {"kv_bytes", "B", &OperatorWhys::kv_bytes},
    {"comm_bytes", "B", &OperatorWhys::comm_bytes},
    {"time_ms", "ms", &OperatorWhys::time_ms},
}};

/// Time of the whole model's own operators, then those of the vision tower.
StepBreakdown timed_step(StepEstimator& estimator, const EstimateSetup& s, double images,
                         double image_tokens) {
  StepBreakdown step = estimator.breakdown(s.shape);
  std::vector<OperatorTime>& out = step.operators;
  const ModelSpec& model = *s.deployment.model;
  if (images <= 0.0 || !model.vision || s.shape.phase != Phase::kPrefill) return step;
  std::vector<Operator> tower;
  const double patches =
      image_tokens * static_cast<double>(std::max<std::int64_t>(1, model.vision->merged_patches));
  vision_operators(model, s.deployment.weights, s.shape.sequences * images, patches,
                   s.deployment.layout.tp, tower);
  for (const Operator& op : tower) {
    const KernelTime one =
        estimator.device().time(op.work, kernel_style(s.deployment, s.shape.phase));
    out.push_back({op, op.count * one.time, one.bound});
  }
  return step;
}

std::vector<Row> rows_of(StepEstimator& estimator, const StepBreakdown& step, const Chosen& chosen,
                         std::vector<Why>& times) {
  std::vector<Row> rows;
  for (const OperatorTime& timed : step.operators) {
    const std::string name(timed.op.name);
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name; });
    if (row == rows.end()) {
      rows.push_back({});
      row = rows.end() - 1;
      row->name = name;
    }
    row->parts.push_back(why_operator_row(estimator, step.shape, timed, chosen));
    times.push_back(row->parts.back().time_ms);
    const double ms = times.back()->value;
    if (ms > row->largest_ms) {
      row->largest_ms = ms;
      row->bound = timed.bound;
    }
  }
  return rows;
}

Why total_of(const Row& row, const Column& column) {
  if (row.parts.size() == 1) return row.parts.front().*column.member;
  WhyInputs parts;
  double total = 0.0;
  for (std::size_t i = 0; i < row.parts.size(); ++i) {
    const Why& part = row.parts[i].*column.member;
    total += part->value;
    parts.emplace_back(fmt::format("layers {}", i + 1), part);
  }
  return why_sum(fmt::format("{} of {}", column.key, row.name), total, std::string(column.unit),
                 std::move(parts));
}

/// Sums of columns over all rows written so far.
class Totals {
 public:
  void add(std::string_view key, const std::string& row, const Why& why) {
    if (key == "time_ms") {
      time_parts_.emplace_back(row, why);
      time_ += why->value;
    } else if (key == "flops") {
      flops_parts_.emplace_back(row, why);
      flops_ += why->value;
    }
  }
  /// Weights, activations and KV of one row, added in this order.
  void add_bytes(const std::string& row, const Why& weights, const Why& activations,
                 const Why& kv) {
    const double moved = weights->value + activations->value + kv->value;
    bytes_parts_.emplace_back(
        row, why_sum(fmt::format("bytes of {}", row), moved, "B",
                     {{"weights", weights}, {"activations", activations}, {"kv", kv}}));
    bytes_ += moved;
  }
  [[nodiscard]] Why time(std::string label) const {
    return why_sum(std::move(label), time_, "ms", time_parts_);
  }
  [[nodiscard]] Why flops() const {
    return why_sum("FLOPs of the step", flops_, "FLOP", flops_parts_);
  }
  [[nodiscard]] Why bytes() const {
    return why_sum("bytes moved on one GPU", bytes_, "B", bytes_parts_);
  }

 private:
  WhyInputs time_parts_;
  WhyInputs flops_parts_;
  WhyInputs bytes_parts_;
  double time_ = 0.0;
  double flops_ = 0.0;
  double bytes_ = 0.0;
};

void write_rows(ObjectWriter& root, const std::vector<Row>& rows, Totals& totals) {
  root.list("operators");
  for (const Row& row : rows) {
    ObjectWriter out = root.append("operators");
    out.text("name", row.name);
    std::array<Why, kColumns.size()> whys;
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
      whys.at(c) = total_of(row, kColumns.at(c));
      out.number(kColumns.at(c).key, whys.at(c)->value, whys.at(c));
      totals.add(kColumns.at(c).key, row.name, whys.at(c));
    }
    totals.add_bytes(row.name, whys[2], whys[3], whys[4]);
    out.text("bound", name_of(row.bound));
  }
}

/// A row that has time alone: the host's, or what overlap takes off.
void write_time_row(ObjectWriter& root, std::string_view name, std::string_view bound,
                    const Why& time) {
  ObjectWriter out = root.append("operators");
  out.text("name", name);
  for (const Column& column : kColumns) {
    if (column.key == "time_ms") continue;
    const bool count = column.key == "count";
    out.number(column.key, count ? 1.0 : 0.0,
               why_count(std::string(column.key), count ? 1.0 : 0.0,
                         bound == "host" ? "host work" : "no kernel of its own"));
  }
  out.number("time_ms", time->value, time);
  out.text("bound", bound);
}

/// What most of the step's time waits for.
std::string_view bound_of_step(const std::vector<OperatorTime>& operators, Seconds host) {
  std::array<Seconds, 4> share{};
  for (const OperatorTime& o : operators) share.at(static_cast<std::size_t>(o.bound)) += o.time;
  const auto most = std::max_element(share.begin(), share.end());
  return host > *most ? "host" : name_of(static_cast<Bound>(most - share.begin()));
}

}  // namespace

void write_step(ObjectWriter& root, const EstimateSetup& s) {
  const Deployment& d = s.deployment;
  StepEstimator estimator(d);
  const StepBreakdown timed = timed_step(estimator, s, s.images, s.image_tokens);
  const Chosen chosen = why_micro_batch(d, s.shape, timed.shape, s.whys.chosen);
  ObjectWriter step = root.object("step");
  Totals totals;
  std::vector<Why> times;
  write_rows(root, rows_of(estimator, timed, chosen, times), totals);
  const Why host = why_host(estimator, s.shape, s.whys.chosen);
  const Why overlap = why_overlap(estimator, timed, times, chosen);
  if (overlap != nullptr) write_time_row(root, "overlap.hidden", "network", overlap);
  write_time_row(root, "engine.host", "host", host);

  const Why kernels = totals.time("kernels");
  if (overlap != nullptr) totals.add("time_ms", "overlap.hidden", overlap);
  totals.add("time_ms", "engine.host", host);
  const Why total = totals.time("step time");
  step.text("phase", name_of(s.shape.phase));
  step.number("batch", s.whys.batch->value, s.whys.batch);
  step.number("sequences", s.shape.sequences, s.whys.chosen.sequences);
  step.number("context_tokens", s.shape.context_tokens, s.whys.context);
  step.number("new_tokens", s.shape.query_tokens, s.whys.new_tokens);
  ObjectWriter time = step.object("time_ms");
  time.number("value", total->value, total);
  const Why low = why_band(d, total, false);
  const Why high = why_band(d, total, true);
  time.number("low", low->value, low);
  time.number("high", high->value, high);
  step.number("kernels_ms", kernels->value, kernels);
  step.number("host_ms", host->value, host);
  step.number("flops", totals.flops()->value, totals.flops());
  step.number("bytes", totals.bytes()->value, totals.bytes());
  step.text("bound", bound_of_step(timed.operators, estimator.host_time(s.shape)));
  step.text("evidence", name_of(evidence_of(d)));
}

}  // namespace gpusize
