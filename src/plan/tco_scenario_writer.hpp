#pragma once
// One scenario of a cost model as an object of the document.

#include "gpusize/plan/result_document.hpp"
#include "gpusize/tco/result.hpp"

namespace gpusize {

/// Writes `result` into `out`. An unpriced scenario has null amounts and says what is missing.
void write_tco_scenario(ObjectWriter out, const TcoEngine& engine, const TcoScenarioResult& result);

}  // namespace gpusize
