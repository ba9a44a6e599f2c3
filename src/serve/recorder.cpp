#include "serve/recorder.hpp"

#include <algorithm>

namespace gpusize {
namespace {

constexpr std::size_t kMostSlices = 240;

bool met(const ServiceTargets& t, double ttft_s, double tpot_s, double e2e_s) {
  return (!t.ttft_s || ttft_s <= *t.ttft_s) && (!t.tpot_s || tpot_s <= *t.tpot_s) &&
         (!t.e2e_s || e2e_s <= *t.e2e_s);
}

}  // namespace

Recorder::Recorder(const SimulationConfig& config, ServingResult& result)
    : config_(config),
      result_(result),
      warmup_(
          static_cast<std::uint64_t>(config.warmup_share * static_cast<double>(config.requests))),
      width_s_(1.0 / 64.0) {
  measuring_ = warmup_ == 0;
  for (const RequestClass& c : config.classes) {
    result.classes.emplace_back();
    result.classes.back().name = c.name;
  }
}

Recorder::Slice& Recorder::slice_at(double now_s) {
  auto at = static_cast<std::size_t>(now_s / width_s_);
  while (at >= kMostSlices) {
    merge();
    at = static_cast<std::size_t>(now_s / width_s_);
  }
  if (at >= slices_.size()) slices_.resize(at + 1);
  return slices_[at];
}

void Recorder::merge() {
  const auto add = [](Slice a, const Slice& b) {
    a.arrivals += b.arrivals;
    a.completions += b.completions;
    a.ttft_s += b.ttft_s;
    a.running += b.running;
    a.waiting += b.waiting;
    a.kv_share += b.kv_share;
    a.lanes += b.lanes;
    a.samples += b.samples;
    return a;
  };
  std::vector<Slice> out((slices_.size() + 1) / 2);
  for (std::size_t i = 0; i < slices_.size(); ++i) out[i / 2] = add(out[i / 2], slices_[i]);
  slices_ = std::move(out);
  width_s_ *= 2.0;
}

void Recorder::arrived(const Request& request) {
  ++result_.arrived;
  slice_at(request.arrival_s).arrivals += 1.0;
  if (request.index == warmup_) {
    measuring_ = true;
    window_from_s_ = request.arrival_s;
    all_completed_ = all_good_ = all_tokens_ = 0;
  }
  last_arrival_s_ = request.arrival_s;
  window_completed_ = all_completed_;
  window_good_ = all_good_;
  window_tokens_ = all_tokens_;
}

void Recorder::completed(const Sequence& s, double now_s) {
  const Request& r = s.request;
  const double overhead = config_.request_overhead_s + config_.request_s_per_token * r.input;
  const double ttft = s.first_token_s - r.arrival_s + overhead;
  const double e2e = now_s - r.arrival_s + overhead;
  const double tpot = r.output > 1 ? (now_s - s.first_token_s) / (r.output - 1.0) : 0.0;
  ++result_.completed;
  result_.input_tokens += static_cast<std::uint64_t>(r.input);
  result_.output_tokens += static_cast<std::uint64_t>(r.output);
  result_.sojourn_sum_s += now_s - r.arrival_s;
  if (config_.answered) config_.answered(r, s.first_token_s + overhead, now_s + overhead);
  last_completion_s_ = now_s;
  Slice& slice = slice_at(now_s);
  slice.completions += 1.0;
  slice.ttft_s += ttft;
  const bool known = r.class_index < config_.classes.size();
  const bool good = !known || met(config_.classes[r.class_index].targets, ttft, tpot, e2e);
  ++all_completed_;
  all_tokens_ += static_cast<std::uint64_t>(r.output);
  if (good) ++all_good_;
  if (r.index < warmup_) return;
  ++result_.measured;
  if (good) ++result_.good;
  result_.ttft_s.add(ttft);
  if (r.output > 1) result_.tpot_s.add(tpot);
  result_.e2e_s.add(e2e);
  result_.queue_s.add(s.admitted_s - r.arrival_s);
  if (!known) return;
  ClassResult& c = result_.classes[r.class_index];
  ++c.requests;
  if (good) ++c.good;
  c.ttft_s.add(ttft);
  if (r.output > 1) c.tpot_s.add(tpot);
  c.e2e_s.add(e2e);
}

void Recorder::sample(double now_s, double running, double waiting, double kv_share, double lanes) {
  Slice& slice = slice_at(now_s);
  slice.running += running;
  slice.waiting += waiting;
  slice.kv_share += kv_share;
  slice.lanes += lanes;
  slice.samples += 1.0;
  next_sample_s_ = now_s + 0.5 * width_s_;
}

void Recorder::close(double now_s) {
  result_.duration_s = std::max(last_completion_s_, result_.partial ? now_s : 0.0);
  // Rates while requests still arrived; a burst has no such time, so all of it counts.
  double span = last_arrival_s_ - window_from_s_;
  const bool steady = window_completed_ > 0 && span > 0.05 * result_.duration_s;
  if (!steady) span = result_.duration_s - window_from_s_;
  result_.window_s = span;
  if (span > 0.0) {
    const auto per_s = [&](std::uint64_t inside, std::uint64_t all) {
      return static_cast<double>(steady ? inside : all) / span;
    };
    result_.completed_per_s = per_s(window_completed_, all_completed_);
    result_.good_per_s = per_s(window_good_, all_good_);
    result_.output_tokens_per_s = per_s(window_tokens_, all_tokens_);
  }
  TimePoint last;
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    const Slice& s = slices_[i];
    TimePoint p = last;  // a slice without a sample looks like the one before
    p.from_s = static_cast<double>(i) * width_s_;
    p.arrivals_per_s = s.arrivals / width_s_;
    p.completions_per_s = s.completions / width_s_;
    p.ttft_mean_s = s.completions > 0.0 ? s.ttft_s / s.completions : 0.0;
    if (s.samples > 0.0) {
      p.running = s.running / s.samples;
      p.waiting = s.waiting / s.samples;
      p.kv_share = s.kv_share / s.samples;
      p.lanes = s.lanes / s.samples;
    }
    result_.over_time.push_back(p);
    last = p;
  }
}

}  // namespace gpusize
