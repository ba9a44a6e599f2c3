#include "gpusize/serve/step_times.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gpusize {
namespace {

// Grids have 16 equal parts per octave: linear interpolation between neighbours, no logarithm.
constexpr int kPartBits = 4;
constexpr int kShift = 52 - kPartBits;
constexpr std::uint64_t kOne = 1023ULL << kPartBits;
constexpr double kUnknown = -1.0;

struct GridPlace {
  std::size_t point;
  double part;  ///< of the way to the next point
};

double grid_value(std::size_t point) { return std::bit_cast<double>((point + kOne) << kShift); }

/// Values from 1 up.
GridPlace place_of(double value) {
  const double v = std::max(value, 1.0);
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(v);
  const std::size_t point = (bits >> kShift) - kOne;
  constexpr std::uint64_t kMask = (1ULL << kShift) - 1ULL;
  return {point, static_cast<double>(bits & kMask) * 0x1.0p-48};
}
static_assert(kShift == 48, "place_of scales by 2^-48");

double& cell(std::vector<std::vector<double>>& table, std::size_t row, std::size_t column) {
  if (row >= table.size()) table.resize(row + 1);
  std::vector<double>& cells = table[row];
  if (column >= cells.size()) cells.resize(column + 1, kUnknown);
  return cells[column];
}

}  // namespace

double Speculation::tokens_per_step() const {
  double sum = 1.0;
  double chance = 1.0;
  for (std::int64_t i = 0; i < drafted; ++i) {
    chance *= acceptance;
    sum += chance;
  }
  return sum;
}

EstimatedStepTimes::EstimatedStepTimes(const Deployment& deployment, const Speculation& speculation)
    : estimator_(deployment), speculation_(speculation) {
  StepShape idle;
  idle.context_tokens = 1.0;
  idle_s_ = estimator_.time(idle).in(units::s);
}

double EstimatedStepTimes::exact_decode_s(std::int64_t decodes, double context) {
  StepShape shape;
  shape.phase = Phase::kDecode;
  shape.sequences = static_cast<double>(decodes);
  shape.query_tokens = static_cast<double>(1 + speculation_.drafted);
  shape.context_tokens = context;
  shape.logit_rows = shape.sequences * shape.query_tokens;
  const double checked = estimator_.time(shape).in(units::s);
  if (speculation_.drafted == 0) return checked;
  return checked * (1.0 + static_cast<double>(speculation_.drafted) * speculation_.draft_cost);
}

double EstimatedStepTimes::exact_prefill_s(double tokens, double keys) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  // One prompt whose tokens see `keys` on average, or as many short ones as that takes.
  if (keys >= 0.5 * tokens) {
    shape.sequences = 1.0;
    shape.query_tokens = tokens;
    shape.context_tokens = keys - 0.5 * tokens;
  } else {
    shape.query_tokens = std::max(2.0 * keys, 1.0);
    shape.sequences = tokens / shape.query_tokens;
  }
  shape.logit_rows = shape.sequences;
  return estimator_.time(shape).in(units::s);
}

double EstimatedStepTimes::decode_at(std::int64_t decodes, std::size_t point) {
  double& value = cell(decode_, static_cast<std::size_t>(decodes), point);
  if (value == kUnknown) value = exact_decode_s(decodes, grid_value(point));
  return value;
}

double EstimatedStepTimes::prefill_at(std::size_t tokens_point, std::size_t keys_point) {
  double& value = cell(prefill_, tokens_point, keys_point);
  if (value == kUnknown) value = exact_prefill_s(grid_value(tokens_point), grid_value(keys_point));
  return value;
}

double EstimatedStepTimes::decode_s(std::int64_t decodes, double context) {
  const GridPlace at = place_of(context);
  const double low = decode_at(decodes, at.point);
  return low + at.part * (decode_at(decodes, at.point + 1) - low);
}

double EstimatedStepTimes::prefill_s(double tokens, double keys) {
  const GridPlace t = place_of(tokens);
  const GridPlace k = place_of(keys);
  const double a = prefill_at(t.point, k.point);
  const double b = prefill_at(t.point, k.point + 1);
  const double low = a + k.part * (b - a);
  const double c = prefill_at(t.point + 1, k.point);
  const double d = prefill_at(t.point + 1, k.point + 1);
  return low + t.part * (c + k.part * (d - c) - low);
}

double EstimatedStepTimes::step_s(const StepLoad& load) {
  double prompts = 0.0;
  if (load.prefill_tokens > 0) {
    const auto tokens = static_cast<double>(load.prefill_tokens);
    prompts = prefill_s(tokens, load.prefill_pairs / tokens);
  }
  if (load.decodes == 0) return prompts;
  const double decode =
      decode_s(load.decodes, load.decode_context / static_cast<double>(load.decodes));
  if (load.prefill_tokens == 0) return decode;
  return decode + std::max(prompts - idle_s_, 0.25 * prompts);
}

}  // namespace gpusize
