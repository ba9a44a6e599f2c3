#include "serve/served_work.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {
namespace {

void add_prompt(ServedWork& out, StepTimes& times, const ClosedFormInput& input, double weight,
                double tokens, const RequestClass& c) {
  const double whole = tokens + c.shared_prefix;
  const double cached = std::floor(c.cache_hit_share * whole);
  const double left = std::max(1.0, whole - cached);
  const double chunks =
      std::max(1.0, std::ceil(left / static_cast<double>(input.limits.step_tokens)));
  const double chunk = left / chunks;
  StepLoad load;
  load.prefill_tokens = static_cast<std::int64_t>(std::max(1.0, std::round(chunk)));
  load.prefill_pairs =
      static_cast<double>(load.prefill_tokens) * (cached + 0.5 * (left - chunk) + 0.5 * chunk);
  load.prompts = 1;
  ServedWork::Prompt p{weight, chunks * times.step_s(load), 0.0, chunks};
  StepLoad idle;
  idle.decodes = 1;
  idle.decode_context = 1.0;
  const double idle_s = times.step_s(idle);
  load.decodes = 1;
  load.decode_context = 1.0;
  p.added_s = input.prefill_first ? p.alone_s : chunks * (times.step_s(load) - idle_s);
  p.added_s = std::max(p.added_s, 1e-9);  // free prompts divide by nothing
  out.prompts.push_back(p);
  out.added.mean += weight * p.added_s;
  out.added.square += weight * p.added_s * p.added_s;
  out.chunks_mean += weight * p.chunks;
  out.budget_share += weight * left / static_cast<double>(input.limits.step_tokens);
}

}  // namespace

ServedWork served_work(StepTimes& times, const Workload& workload, const ClosedFormInput& input) {
  ServedWork out;
  double shares = 0.0;
  for (const RequestClass& c : workload.classes) shares += c.share;
  double in_mean = 0.0;
  for (const RequestClass& c : workload.classes) {
    const double share = c.share / shares;
    for (const Stratum& s : strata(c.input))
      add_prompt(out, times, input, share * s.weight, s.value, c);
    for (const Stratum& s : strata(c.output)) out.answers.push_back({share * s.weight, s.value});
    in_mean += share * (c.input.first_moment() + c.shared_prefix);
  }
  double out_mean = 0.0;
  double out_square = 0.0;
  for (const Stratum& s : out.answers) {
    out_mean += s.weight * s.value;
    out_square += s.weight * s.value * s.value;
  }
  out.steps = std::max(0.0, (out_mean - 1.0) / input.limits.tokens_per_step);
  out.context = in_mean + 0.5 * out_square / out_mean;
  out.size_scv = out_square / (out_mean * out_mean) - 1.0;
  return out;
}

}  // namespace gpusize
