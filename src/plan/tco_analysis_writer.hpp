#pragma once
// What moves a cost model's totals, as parts of the document.

#include "gpusize/plan/result_document.hpp"
#include "gpusize/tco/result.hpp"

namespace gpusize {

/// How the simulation draws; the result does not depend on `threads`.
struct TcoDraws {
  std::int64_t count = 0;
  std::int64_t seed = 1;
  int threads = 1;
};

/// Writes `sensitivity`, `monte_carlo`, `break_even` and `published`.
void write_tco_analysis(ObjectWriter& out, const TcoEngine& engine,
                        const std::vector<TcoScenarioResult>& results, const TcoDraws& draws);

}  // namespace gpusize
