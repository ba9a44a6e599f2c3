#include "plan/percentiles.hpp"

#include <algorithm>

#include "gpusize/serve/deploy.hpp"

namespace gpusize {

Workload demand_workload(const Catalog& catalog, const PlanRequest& request) {
  const auto named = catalog.find_workload(request.workload);
  if (named.ok()) return workload_from(*named->entry, request.qps);
  Workload w;
  w.arrivals.rate = request.qps;
  RequestClass c;
  if (const auto chat = catalog.find_workload("chat"); chat.ok())
    c = workload_from(*chat->entry, request.qps).classes.front();
  c.input.mean = request.input_tokens;
  c.output.mean = request.output_tokens;
  w.classes.push_back(c);
  return w;
}

std::optional<ClosedForm> option_percentiles(const PlanOption& option, const Workload& workload) {
  const Deployment& d = option.replica;
  if (!d.engine->continuous_batching || d.engine->bare_kernels) return {};
  const auto limits = engine_limits(d, workload.mean_input() + workload.mean_output());
  if (!limits) return {};
  ClosedFormInput input;
  input.limits = *limits;
  input.schedulers = option.replicas * d.layout.dp * d.layout.pp;
  input.prefill_first = d.engine->prefill_first;
  input.overhead_s = d.engine->request_overhead.in(units::s);
  EstimatedStepTimes times(d);
  const ClosedForm out = closed_form(times, workload, input);
  if (!out.stable) return {};
  return out;
}

}  // namespace gpusize
