#pragma once
// What readers of deployment kinds share: where they read from and write to, how a container's
// command becomes an engine with arguments, and how a pod's GPUs are counted.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/spec/deployed.hpp"
#include "gpusize/spec/shell_words.hpp"
#include "spec/deploy_docker.hpp"
#include "spec/engine_args.hpp"

namespace gpusize {

/// One key of a ConfigMap.
struct ConfigText {
  std::string text;
  SourceTextPtr source;
  Place place;
};
/// Objects of all files that others refer to by name.
struct SharedObjects {
  struct Map {
    std::string file;
    std::map<std::string, ConfigText> keys;
  };
  std::multimap<std::string, Map> config_maps;
  std::map<std::string, std::int64_t> claim_devices;  ///< ResourceClaim(Template)s: devices asked

  /// The ConfigMap of this name: of the same file, else the only one.
  [[nodiscard]] const Map* config_map(const std::string& name, const std::string& file) const;
};

struct DeployContext {
  DeploymentSet& out;
  SourceTextPtr source;
  const SharedObjects& shared;
  int first_line = 1;  ///< of the document
  int last_line = 1 << 30;

  void not_assessed(std::string code, std::string reason, Place place) const;
  /// A workload of this file, with the object's name and place.
  [[nodiscard]] DeployedWorkload workload(std::string kind, std::string name, Node at) const;
  /// Hands the workload over: counts settled, comments and annotations taken in.
  void add(DeployedWorkload workload) const;
};

Place place_of(Node node);
/// Text of a scalar, or empty.
std::string text_at(Node map, std::string_view key);
/// `a.b.c` below a map.
Node node_at(Node map, std::string_view dotted);
/// A whole number, also when written as text ("4"); an unresolved or templated one is noted.
Stated<std::int64_t> count_at(Node map, std::string_view key, std::string_view what,
                              DeployedWorkload& workload);
Stated<std::string> stated_text(Node node);

/// Files that a script writes before it starts the engine, by path.
using WrittenFiles = std::map<std::string, ConfigText>;

/// An engine's command, found in a list of words or below `sh -c`.
struct FoundEngine {
  const EngineReader* engine = nullptr;
  std::vector<ShellWord> args;
  std::vector<ShellWord> command;  ///< all of its words
  Place place;
  bool conditional = false;
  std::optional<ContainerRun> container;  ///< the `docker run` around it
};
/// All engines that `words` start, in order; `environment` takes what scripts assign.
std::vector<FoundEngine> find_engines(std::span<const ShellWord> words,
                                      const DeployContext& context, ShellEnvironment& environment,
                                      WrittenFiles& files);
std::vector<FoundEngine> find_engines_in_script(std::string_view text, Place place,
                                                const DeployContext& context,
                                                ShellEnvironment& environment, WrittenFiles& files);

/// Applies a found engine (arguments, environment, option files) to the workload.
void apply_engine(const FoundEngine& found, const ShellEnvironment& environment,
                  const WrittenFiles& files, const DeployContext& context,
                  DeployedWorkload& workload);

/// A training launch's engine by what its options say: `megatron`, `fsdp`, `torchtitan`, ...
std::string training_engine(const FoundEngine& found, const DeployedWorkload& workload);

/// `env:` of a container (and envFrom of known ConfigMaps) over `given`.
ShellEnvironment container_environment(Node container, const DeployContext& context,
                                       const ShellEnvironment& given);
/// The container that runs an engine, with everything it and its pod say. `container_key` is
/// `containers` in pods. False: no engine and no GPU in this pod.
bool read_pod(const DeployContext& context, Node pod, Node metadata, const ShellEnvironment& given,
              DeployedWorkload& workload);
/// One container's image, command, arguments and environment.
bool read_container(const DeployContext& context, Node container, Node pod,
                    const ShellEnvironment& given, DeployedWorkload& workload);
/// `resources:` of a container: which GPUs and how many.
void read_gpu_resources(Node resources, DeployedWorkload& workload);
/// The card that node selectors and affinities ask for.
void read_node_selection(Node pod, DeployedWorkload& workload);
void read_annotations(Node metadata, DeployedWorkload& workload);
/// The version that an image tag states (`v0.8.5`, `0.5.3.post1-cu128`); nothing for `latest`.
Stated<std::string> version_from_image(std::string_view image, Place place);
void set_image(Node node, DeployedWorkload& workload);
/// Forgets the version where the image is of another project that packs the engine.
void keep_own_version(DeployedWorkload& workload);
/// `hf://org/name`, `oci://...` and plain names as the model's name.
std::string model_from_uri(std::string_view uri);

/// A reader of one kind of document.
struct KindReader {
  std::string_view name;
  bool (*matches)(Node root);
  void (*read)(const DeployContext& context, Node root);
};
std::span<const KindReader> kind_readers();

// One group per source file.
extern const KindReader kWorkloadReader;
extern const KindReader kLeaderWorkerSetReader;
extern const KindReader kTrainingJobReader;
extern const KindReader kLlmInferenceServiceReader;
extern const KindReader kInferenceServiceReader;
extern const KindReader kRayReader;
extern const KindReader kDynamoReader;
extern const KindReader kNimReader;
extern const KindReader kComposeReader;
extern const KindReader kProductionStackReader;
extern const KindReader kModelserviceReader;
extern const KindReader kNimValuesReader;
extern const KindReader kTrtllmOptionsReader;
extern const KindReader kVllmOptionsReader;
extern const KindReader kAccelerateReader;
extern const KindReader kVllmRecipeReader;

/// Lays partial objects (Kustomize's strategic merge patches) over the workload that they name.
void apply_patches(DeploymentSet& set);

/// A shell script (Slurm, plain).
void read_script(const DeployContext& context);
/// Whether a text is a shell script.
bool is_script(const SourceText& source);

}  // namespace gpusize
