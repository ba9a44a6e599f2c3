#pragma once
// What simulated runs have in common: the requests as their load generator sends them, and the
// engine that a deployment stands for.

#include <cstdint>

#include "calibrate/resolve.hpp"
#include "calibrate/run_point.hpp"
#include "calibrate/run_source.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize::calibrate {

/// The requests of a burst or a closed loop in front of `server`'s engine. Equal lengths of a
/// closed loop are nominal: see docs/validate.md.
SentLoad sent_load(const RunConditions& run, const ResolvedRow& row, const Deployment& server);

/// `workers` replicas of `d`, whose requests are `tokens` long on average.
Outcome<Pool> pool_of(const Deployment& d, StepTimes& times, double tokens,
                      std::int64_t workers = 1);

/// What a load generator would report.
RunPoint point_of(const ServingResult& result, double gpus);

}  // namespace gpusize::calibrate
