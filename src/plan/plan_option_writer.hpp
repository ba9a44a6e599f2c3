#pragma once
// One option of a plan into the document.

#include <memory>
#include <optional>

#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/serve/closed_form.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

/// Reasons of what the user asked, shared by all options.
struct DemandWhys {
  Why qps;
  Why headroom;
  Why spare_nodes;
  Why input_tokens;
  Why output_tokens;
  Why years;
  Workload workload;  ///< arrivals and lengths that the percentiles are of
};

/// `percentiles` of its latencies, if known. With an `owner` of what the option points at, reasons
/// of times are made when they are asked.
void write_option(ObjectWriter out, std::int64_t rank, const PlanOption& option,
                  const std::optional<ClosedForm>& percentiles, const PlanRequest& request,
                  const DemandWhys& demand, const std::shared_ptr<const void>& owner);

}  // namespace gpusize
