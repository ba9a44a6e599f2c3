#pragma once
// What moves a cost model's totals, as parts of the document.

#include "gpusize/plan/result_document.hpp"
#include "gpusize/tco/result.hpp"

namespace gpusize {

/// Writes `sensitivity`, `monte_carlo`, `break_even` and `published`.
void write_tco_analysis(ObjectWriter& out, const TcoEngine& engine,
                        const std::vector<TcoScenarioResult>& results, std::int64_t draws,
                        std::int64_t seed);

}  // namespace gpusize
