#pragma once
// What the engine is told, from an option of a plan: formats by the engine's own words, limits by
// the plan's batch and memory.

#include "gpusize/core/map_reader.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/manifest/manifest.hpp"
#include "gpusize/plan/request.hpp"

namespace gpusize {

/// The fields of a plan's option that a deployment takes over.
struct OptionFields {
  std::string gpu;
  std::string engine;  ///< id of the profile
  std::string weights;
  std::string kv;
  Layout layout;
  std::int64_t gpus = 0;
  std::int64_t replicas = 0;
  std::int64_t spare_gpus = 0;
  double max_batch = 0.0;
  double weight_bytes = 0.0;  ///< of one GPU
  double replica_capacity = 0.0;
  double e2e_ms = 0.0;  ///< the latest percentile known, else the mean
};
/// Reads them; what is missing or no number is reported.
OptionFields read_option(Node option, Diagnostics& out);

/// The replica that the option describes. `gpu` is the card or part of one that it names and
/// outlives the result, as do model and catalog.
Result<Deployment> option_deployment(const Catalog& catalog, const ModelSpec& model,
                                     const GpuSpec& gpu, const OptionFields& option,
                                     const PlanRequest& plan);

/// Settings of that replica for `engine`. `memory_share` is the part of a card that the replica has
/// when the engine sees all of it, else 1.
Result<ServingSettings> make_settings(const Deployment& replica, const OptionFields& option,
                                      const PlanRequest& plan, const ManifestRequest& request,
                                      std::string_view engine, double memory_share);

}  // namespace gpusize
