#pragma once
// What deployment files say: engines, their arguments, GPUs and replicas, every value with its
// place. Readers of all kinds fill these; nothing here is resolved against the catalog, and nothing
// is guessed: what a file does not state stays empty.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/spec/source_text.hpp"

namespace gpusize {

/// What an engine (or trainer) was told, under one set of names for all of them.
struct ServingArgs {
  Stated<std::string> model;
  Stated<std::string> served_name;
  Stated<std::string> tokenizer;
  Stated<std::string> quantization;
  Stated<std::string> dtype;
  Stated<std::string> kv_cache_dtype;
  Stated<std::string> speculative;    ///< its JSON or method name
  Stated<std::string> config_file;    ///< engine options kept in a file
  Stated<std::string> context_shift;  ///< llama.cpp: whether the context may slide
  Stated<std::int64_t> tp;
  Stated<std::int64_t> pp;
  Stated<std::int64_t> dp;
  Stated<std::int64_t> dp_local;
  Stated<std::int64_t> ep;
  Stated<std::int64_t> nodes;          ///< nodes of one instance
  Stated<std::int64_t> max_model_len;  ///< tokens of one request, prompt and output
  Stated<std::int64_t> max_num_seqs;   ///< requests running at once
  Stated<std::int64_t> max_batched_tokens;
  Stated<std::int64_t> block_size;       ///< tokens of one KV-cache block
  Stated<std::int64_t> kv_cache_tokens;  ///< pool size in tokens, where the engine takes that
  Stated<std::int64_t> kv_cache_bytes;   ///< pool size in bytes, where the engine takes that
  Stated<double> memory_fraction;
  Stated<bool> expert_parallel;
  Stated<bool> attention_dp;
  Stated<bool> enforce_eager;

  // Training launches.
  Stated<std::int64_t> processes_per_node;
  Stated<std::int64_t> processes;
  Stated<std::int64_t> cp;
  Stated<std::int64_t> micro_batch;
  Stated<std::int64_t> global_batch;
  Stated<std::int64_t> seq_len;
  Stated<std::string> sharding;
  Stated<bool> megatron_fsdp;
};

/// A value that stands in the file but cannot be known by reading.
struct UnresolvedValue {
  std::string what;      ///< the option or field
  std::string variable;  ///< what would have to be known
  Place place;
};

enum class FlagProblem : std::uint8_t { kAbbreviated, kRenamed, kBadValue, kJoined };
/// An option that is written in a way worth saying.
struct FlagNote {
  FlagProblem problem = FlagProblem::kAbbreviated;
  std::string written;
  std::string means;
  Place place;
};

struct DeployedWorkload {
  std::string file;
  std::string kind;  ///< `Deployment`, `helm:production-stack`, `compose`, `sbatch`, ...
  std::string name;
  std::string name_space;
  std::string container;
  std::string role;    ///< `prefill`, `decode` or empty
  Place place;         ///< of the object
  std::string engine;  ///< catalog id where there is one; empty: not recognised
  Place engine_place;
  Stated<std::string> engine_version;
  Stated<std::string> image;
  ServingArgs args;

  Stated<std::string> gpu;           ///< as written
  std::string gpu_key;               ///< the label or option that states it
  Stated<std::string> gpu_resource;  ///< `nvidia.com/gpu`, `amd.com/gpu`, `nvidia.com/mig-1g.10gb`
  Stated<std::int64_t> gpus_per_pod;
  Stated<std::int64_t> gpus_requested;  ///< `requests` where they differ from `limits`
  Stated<std::int64_t> pods;            ///< pods (nodes) of one replica
  Stated<std::int64_t> replicas;
  Stated<std::int64_t> max_replicas;
  bool bare = false;  ///< a command by itself: what it leaves out is the engine's default
  bool gpus_from_layout = false;  ///< no resource says how many: counted from the degrees
  std::optional<std::int64_t> gpus_per_replica;
  std::optional<std::int64_t> total_gpus;

  std::optional<bool> shared_memory;  ///< whether /dev/shm is enlarged; nothing: not a pod
  bool training = false;
  std::string skipped;  ///< why this is not for gpusize (another accelerator)
  std::vector<UnresolvedValue> unresolved;
  std::vector<FlagNote> flags;
  std::map<std::string, Placed<std::string>> annotations;  ///< those of gpusize.dev
};

/// Something in the files that could not be judged, with a GS9xx code.
struct Unassessed {
  std::string code;
  std::string reason;
  std::string file;
  Place place;
};

/// All that was read from a set of files.
struct DeploymentSet {
  std::vector<DeployedWorkload> workloads;
  std::vector<Unassessed> not_assessed;
  std::map<std::string, SourceTextPtr> sources;  ///< by path, as shown
  std::size_t documents = 0;
};

/// Fills gpus_per_replica, total_gpus and the degrees that follow from the others.
void settle_counts(DeployedWorkload& workload);

}  // namespace gpusize
