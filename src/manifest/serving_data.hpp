#pragma once
// data/manifest: images, ports and metrics of engines, and what a start takes.

#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"

namespace gpusize {

/// How an engine profile is served on one vendor's cards.
struct EngineServing {
  std::string profile;  ///< id of the engine profile
  std::string engine;   ///< `vllm`, `sglang`, `tensorrt-llm`
  std::string vendor;
  std::string image;
  std::int64_t port = 0;
  std::string metrics_path;
  std::string running;  ///< empty: no such metric known
  std::string waiting;
  Source source;
  Confidence confidence = Confidence::kUnverified;
};

/// A number with where it is from.
struct ServingFact {
  double value = 0.0;
  Source source;
};

struct ServingData {
  std::vector<EngineServing> engines;
  ServingFact load_gb_s;
  ServingFact start_s;
  ServingFact start_margin;
  ServingFact shared_memory_gib_per_gpu;
};

/// The shipped data with later files over earlier ones; `mnf-*` for what is wrong in them.
Result<ServingData> read_serving_data(const Catalog& catalog);

}  // namespace gpusize
