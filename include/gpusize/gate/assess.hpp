#pragma once
// A deployment as it was written, resolved against the catalog: which model, card, engine and
// layout, and what one GPU then holds. What cannot be resolved is said, not guessed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/catalog/compat.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/gate/finding.hpp"
#include "gpusize/layout/enumerate.hpp"
#include "gpusize/plan/why.hpp"
#include "gpusize/spec/deployed.hpp"

namespace gpusize {

/// What the user adds to the files.
struct AssessDefaults {
  std::string gpu;                                 ///< card of workloads that state none
  std::map<std::string, std::string> model_names;  ///< path or served name to model name
};

/// Memory of one replica's fullest GPU under the engine's own limits; shared by workloads alike.
struct ReplicaMemory {
  Deployment replica;
  MemoryPerGpu memory;
  MemoryWhys why;
  std::int64_t max_tokens = 0;  ///< of one request: stated, else the model's context
  Bytes one_request;            ///< KV cache of it on one GPU
  Why one_request_why;
  std::int64_t pool_tokens = 0;  ///< tokens that the pool holds, all attention-DP ranks
  Why pool_tokens_why;
  double requests_of_max = 0.0;  ///< how many such requests the pool of one rank holds
};

/// A format that the card's rules refuse, with the option that asks for it.
struct RefusedFormat {
  CompatAnswer answer;
  Place place;
};

struct Assessment {
  const DeployedWorkload* said = nullptr;
  const GpuSpec* gpu = nullptr;
  std::shared_ptr<const GpuSpec> slice;  ///< owns `gpu` when it is a MIG slice
  const ModelSpec* model = nullptr;
  const EngineProfile* engine = nullptr;
  std::optional<Layout> layout;
  Infeasible layout_problem;                    ///< degrees that do not divide
  std::string weights;                          ///< format as `estimate --weights` takes it
  std::optional<std::string> format_problem;    ///< what the card lacks
  std::shared_ptr<const ReplicaMemory> memory;  ///< null when it could not be judged
  std::optional<FindingNumber> weights_alone;   ///< bytes per GPU, where nothing else is known
  std::optional<CompatAnswer> engine_support;   ///< of the engine and its version on the card
  std::vector<RefusedFormat> refused_formats;
  std::vector<std::string> notes;
  std::vector<Unassessed> gaps;
};

class Assessor {
 public:
  Assessor(const Catalog& catalog, AssessDefaults defaults);
  Assessment assess(const DeployedWorkload& said);

 private:
  void resolve_model(Assessment& out) const;
  void resolve_gpu(Assessment& out) const;
  void resolve_layout(Assessment& out) const;
  void judge_memory(Assessment& out);
  /// For engines whose division of memory is not known: the weights by themselves.
  void judge_weights_alone(Assessment& out) const;
  [[nodiscard]] std::optional<std::string> instance_gpu(const DeployedWorkload& workload) const;

  const Catalog& catalog_;
  AssessDefaults defaults_;
  std::map<std::string, std::string> instances_;  ///< cloud instance type to card
  std::map<std::string, std::string> families_;   ///< the same without size; empty: several cards
  std::map<std::string, std::shared_ptr<const ReplicaMemory>> memo_;
  std::map<std::string, std::optional<std::string>> format_memo_;
  mutable std::map<std::string, const ModelSpec*> models_;
};

}  // namespace gpusize
