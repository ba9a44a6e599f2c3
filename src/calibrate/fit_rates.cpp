#include "gpusize/calibrate/fit_rates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "calibrate/kernel_clock.hpp"
#include "calibrate/rate_groups.hpp"
#include "calibrate/tally.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

using namespace calibrate;

constexpr std::size_t kLeastRows = 4;        // of a group, below which nothing is fitted
constexpr std::size_t kLeastFormatRows = 6;  // of a number format with parameters of its own
constexpr std::size_t kLeastHeldOut = 12;    // below which halves are too small to judge
constexpr double kLeastBand = 0.03;          // of a card's kernels, however well they fit

struct Timed {
  KernelCall call;
  double us = 0.0;
};
using Rows = std::vector<const Timed*>;

Dtype format_of(const Timed& row) { return row.call.main().compute; }

/// One free parameter: which, and of which number format.
struct Free {
  const RateParameter* parameter = nullptr;
  Dtype format = Dtype::kBf16;
  bool of_format = false;
};

std::vector<Free> free_parameters(const RateGroup& group, const Rows& rows,
                                  const KernelRates& rates) {
  std::vector<Free> out;
  for (const RateParameter& p : group.shared) out.push_back({&p});
  if (group.of_format.empty()) return out;
  std::map<Dtype, std::size_t> counts;
  for (const Timed* row : rows) ++counts[format_of(*row)];
  for (const auto& [format, n] : counts) {
    if (n < kLeastFormatRows || !rates.gemm.by_dtype.contains(format)) continue;
    for (const RateParameter& p : group.of_format) out.push_back({&p, format, true});
  }
  return out;
}

BoxedParameter box_of(const Free& f, const KernelRates& rates) {
  const RateParameter& p = *f.parameter;
  const double start = p.get(rates, f.format);
  return {start, std::min(p.low, start), std::max(p.high, start), p.scale};
}

std::vector<double> log_errors(const GpuSpec& gpu, const KernelRates& rates, const Rows& rows) {
  const KernelClock clock(gpu, rates);
  std::vector<double> out;
  out.reserve(rows.size());
  for (const Timed* row : rows)
    out.push_back(std::log(clock.time(row->call).in(units::us) / row->us));
  return out;
}

struct GroupSolution {
  KernelRates rates;
  RobustFit fit;
};

GroupSolution solve_group(const GpuSpec& gpu, const KernelRates& start,
                          const std::vector<Free>& free, const Rows& rows) {
  std::vector<BoxedParameter> boxes;
  for (const Free& f : free) boxes.push_back(box_of(f, start));
  const auto at = [&](const std::vector<double>& point) {
    KernelRates rates = start;
    for (std::size_t i = 0; i < free.size(); ++i)
      free[i].parameter->set(rates, free[i].format, point[i]);
    return rates;
  };
  RobustFit fit = robust_least_squares(
      boxes, [&](const std::vector<double>& point) { return log_errors(gpu, at(point), rows); });
  return {at(fit.point), std::move(fit)};
}

void compare(const GpuSpec& gpu, const KernelRates& rates, const Rows& rows,
             std::vector<Comparison>& into) {
  const KernelClock clock(gpu, rates);
  for (const Timed* row : rows) {
    const double predicted = clock.time(row->call).in(units::us);
    into.push_back({predicted, row->us, predicted * (1.0 + rates.band_low),
                    predicted * (1.0 + rates.band_high)});
  }
}

ErrorStatistics errors_of(const GpuSpec& gpu, const KernelRates& rates, const Rows& rows) {
  std::vector<Comparison> comparisons;
  compare(gpu, rates, rows, comparisons);
  return error_statistics(comparisons).value_or(ErrorStatistics{});
}

/// Fitted on every second row, judged on the others, both ways.
std::vector<Comparison> held_out(const GpuSpec& gpu, const KernelRates& start,
                                 const std::vector<Free>& free, const Rows& rows) {
  std::array<Rows, 2> half;
  for (std::size_t i = 0; i < rows.size(); ++i) half.at(i % 2).push_back(rows[i]);
  std::vector<Comparison> out;
  for (std::size_t h = 0; h < 2; ++h)
    compare(gpu, solve_group(gpu, start, free, half.at(h)).rates, half.at(1 - h), out);
  return out;
}

FittedParameter told(const RateGroup& group, const Free& f, const BoxedParameter& box, double after,
                     double weight) {
  FittedParameter out;
  out.name = f.of_format
                 ? fmt::format("{}.formats.{}.{}", group.name, name_of(f.format), f.parameter->name)
                 : fmt::format("{}.{}", group.name, f.parameter->name);
  out.unit = f.parameter->unit;
  out.before = box.start;
  out.after = after;
  out.fitted = weight >= 1.0 || std::abs(after - box.start) >= box.scale;
  out.at_bound =
      out.fitted && (after >= f.parameter->high || after <= f.parameter->low) && after != box.start;
  return out;
}

/// The rates of an architecture as this card's own: what scales them from the card that they were
/// fitted on is worked in.
KernelRates own_rates(const GpuSpec& gpu, const KernelRates& shipped) {
  const Device device(gpu, shipped);
  KernelRates out = shipped;
  for (auto& [dtype, format] : out.gemm.by_dtype) {
    format.flop_fraction = 1.0 - (1.0 - format.flop_fraction) * device.unit_ratio();
    format.fill_depth *= device.unit_ratio();
  }
  out.gemm.throttle *= device.power_ratio();
  out.grouped.throttle *= device.power_ratio();
  out.gemm.reference_unit_tflops = 0.0;
  out.gemm.reference_gflops_per_watt = 0.0;
  return out;
}

/// Formats without rows of their own that shared the rates of a fitted one go on sharing them.
void follow_twins(const KernelRates& before, KernelRates& after, const std::set<Dtype>& fitted) {
  const auto same = [](const GemmDtypeRates& a, const GemmDtypeRates& b) {
    return a.memory_fraction == b.memory_fraction && a.flop_fraction == b.flop_fraction &&
           a.fill_depth == b.fill_depth;
  };
  for (auto& [dtype, rates] : after.gemm.by_dtype) {
    if (fitted.contains(dtype)) continue;
    for (const Dtype twin : fitted) {
      if (!same(before.gemm.by_dtype.at(dtype), before.gemm.by_dtype.at(twin))) continue;
      const double scaled = rates.scaled_fraction;
      rates = after.gemm.by_dtype.at(twin);
      rates.scaled_fraction = scaled;
      break;
    }
  }
}

/// 90 % of kernels that took no part: measured over predicted.
void set_band(const std::vector<Comparison>& judged, KernelRates& rates) {
  if (judged.empty()) return;
  std::vector<double> ratios;
  for (const Comparison& c : judged) ratios.push_back(c.measured / c.predicted - 1.0);
  rates.band_low = std::clamp(percentile(ratios, 5.0), -0.9, -kLeastBand);
  rates.band_high = std::clamp(percentile(ratios, 95.0), kLeastBand, 9.0);
}

/// The same call in several variants: engines run the fastest.
std::string identity_of(const KernelRow& r) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", r.op, r.dtype, r.kv_dtype, r.m,
                     r.n, r.k, r.batch, r.q_heads, r.kv_heads, r.head_dim, r.q_len, r.kv_len,
                     r.window, r.experts, r.gpus);
}

/// Why a row's call says nothing about a rate; empty: it does.
std::string unusable(const Outcome<KernelCall>& made) {
  if (const auto* refusal = std::get_if<Refusal>(&made)) return refusal->kind;
  const auto& call = std::get<KernelCall>(made);
  if (call.works.size() > 1) return "a layer of several kernels";
  if (call.unsplit && call.main().cls == KernelClass::kDecodeAttention)
    return "decode attention that does not split keys";
  return {};
}

/// Calls of single kernels, the fastest of each; what falls away is counted.
std::vector<Timed> calls_of(const std::vector<KernelRow>& rows,
                            std::map<std::string, std::size_t>& left_out) {
  std::vector<std::pair<std::string, Timed>> usable;
  std::map<std::string, double> fastest;
  for (const KernelRow& row : rows) {
    auto made = kernel_call(row);
    if (const std::string why = unusable(made); !why.empty()) {
      ++left_out[why];
      continue;
    }
    std::string identity = identity_of(row);
    const auto [at, first] = fastest.emplace(identity, row.us);
    if (!first) at->second = std::min(at->second, row.us);
    usable.emplace_back(std::move(identity), Timed{std::get<KernelCall>(std::move(made)), row.us});
  }
  std::vector<Timed> out;
  for (auto& [identity, timed] : usable) {
    if (timed.us > fastest[identity]) {
      ++left_out["a faster variant of the same call was measured"];
    } else {
      out.push_back(std::move(timed));
    }
  }
  return out;
}

}  // namespace

RateFitter::RateFitter(const Catalog& catalog, const GpuSpec& gpu)
    : catalog_(&catalog), gpu_(&gpu) {}

bool RateFitter::is_this_card(const std::string& name) const {
  if (name.empty()) return true;
  const auto found = catalog_->find_gpu(name);
  return found.ok() && found->entry->id == gpu_->id;
}

std::optional<Diagnostic> RateFitter::add(const std::string& file, const KernelRow& row) {
  ++seen_;
  if (!is_this_card(row.gpu)) {
    return make_error("cal-other-gpu",
                      fmt::format("the row is of \"{}\", not of {}", printable(row.gpu), gpu_->id),
                      {file, row.line, 1}, "one card at a time; --gpu names it");
  }
  const auto call = kernel_call(row);
  if (const auto* timed = std::get_if<KernelCall>(&call)) {
    const auto why = beats_physics(*timed, *gpu_, catalog_->rates_for(*gpu_), row.us * units::us);
    if (why) {
      return make_error("cal-physics",
                        fmt::format("{} in {:g} us: {}", printable(row.op), row.us, *why),
                        {file, row.line, row.us_column},
                        "the time, the sizes or --gpu is wrong; --leave-out-impossible goes on "
                        "without such rows");
    }
  }
  newest_ = std::max(newest_, row.date);
  rows_.push_back(row);
  return {};
}

std::optional<RateFit> RateFitter::fit() const {
  std::map<std::string, std::size_t> left_out;
  const std::vector<Timed> calls = calls_of(rows_, left_out);
  RateFit out;
  out.rows = seen_;
  out.used = calls.size();
  const KernelRates shipped = own_rates(*gpu_, catalog_->rates_for(*gpu_));
  out.rates = shipped;
  std::vector<Comparison> judged;
  std::set<Dtype> formats;
  for (const RateGroup& group : rate_groups()) {
    Rows rows;
    for (const Timed& timed : calls) {
      if (group.takes(timed.call.main())) rows.push_back(&timed);
    }
    if (rows.size() < kLeastRows) continue;
    const std::vector<Free> free = free_parameters(group, rows, out.rates);
    const KernelRates start = out.rates;
    GroupSolution solution = solve_group(*gpu_, start, free, rows);
    RateGroupFit told_group;
    told_group.group = group.name;
    told_group.n = rows.size();
    told_group.before = errors_of(*gpu_, shipped, rows);
    told_group.after = errors_of(*gpu_, solution.rates, rows);
    if (rows.size() >= kLeastHeldOut) {
      const std::vector<Comparison> halves = held_out(*gpu_, start, free, rows);
      told_group.held_out = error_statistics(halves);
      judged.insert(judged.end(), halves.begin(), halves.end());
    }
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (free[i].of_format) formats.insert(free[i].format);
      told_group.parameters.push_back(told(group, free[i], box_of(free[i], start),
                                           solution.fit.point[i], solution.fit.weight_of_rows[i]));
    }
    out.groups.push_back(std::move(told_group));
    out.rates = std::move(solution.rates);
    if (!group.of_format.empty()) follow_twins(shipped, out.rates, formats);
  }
  if (out.groups.empty()) return {};
  set_band(judged, out.rates);
  out.left_out = tallied(left_out);
  return out;
}

}  // namespace gpusize
