// One pod: its engine container, GPUs and the nodes it asks for.

#include <algorithm>
#include <array>

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

struct OtherAccelerator {
  std::string_view prefix;
  std::string_view why;
};
constexpr std::array<OtherAccelerator, 4> kOthers{{
    {"google.com/tpu", "TPU"},
    {"aws.amazon.com/neuron", "AWS Neuron"},
    {"habana.ai/gaudi", "Intel Gaudi"},
    {"huawei.com/", "Huawei Ascend"},
}};

bool is_gpu_resource(std::string_view key) {
  constexpr std::array<std::string_view, 6> kKeys{"gpu",
                                                  "nvidia.com/gpu",
                                                  "amd.com/gpu",
                                                  "nvidia.com/gpu.shared",
                                                  "gpu.intel.com/i915",
                                                  "gpu.intel.com/xe"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end() ||
         key.starts_with("nvidia.com/mig-") || key.starts_with("nvidia.com/gpu-") ||
         key.starts_with("nvidia.com/pgpu");
}

Node gpu_entry(Node resources) {
  if (!resources || !resources.is_map()) return {};
  for (const Node child : resources) {
    const std::string_view key = trim(child.key());
    if (is_gpu_resource(key)) return child;
    for (const OtherAccelerator& other : kOthers) {
      if (key.starts_with(other.prefix)) return child;
    }
  }
  return {};
}

/// Where node labels name the card, surest first.
constexpr std::array<std::string_view, 16> kGpuLabels{
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "gpu.nvidia.com/class",
    "gpu.nvidia.com/model",
    "k8s.amazonaws.com/accelerator",
    "eks.amazonaws.com/instance-gpu-name",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "node.coreweave.cloud/class",
    "accelerator",
    "gpu-type",
    "gpu_type",
    "gpu",
    "cloud.google.com/gke-tpu-accelerator",
};

std::size_t label_rank(std::string_view key) {
  return static_cast<std::size_t>(std::find(kGpuLabels.begin(), kGpuLabels.end(), key) -
                                  kGpuLabels.begin());
}

void offer(std::string_view key, Node value, std::size_t& best, DeployedWorkload& w) {
  const std::size_t rank = label_rank(key);
  if (rank >= best || !value || !value.is_scalar()) return;
  if (key == "accelerator" || key == "gpu") {
    // Words like `true` or `nvidia` say no card.
    const std::string lower = to_lower(value.text());
    if (lower == "true" || lower == "nvidia" || lower == "gpu" || lower == "present") return;
  }
  best = rank;
  w.gpu = Placed<std::string>{std::string(value.text()), place_of(value)};
  w.gpu_key = key;
}

void read_terms(Node terms, std::size_t& best, DeployedWorkload& w) {
  if (!terms || !terms.is_sequence()) return;
  for (const Node term : terms) {
    const Node expressions = term.find("matchExpressions");
    if (!expressions || !expressions.is_sequence()) continue;
    for (const Node e : expressions) {
      const Node values = e.find("values");
      if (text_at(e, "operator") == "In" && values && values.is_sequence() && values.size() == 1)
        offer(text_at(e, "key"), *values.begin(), best, w);
    }
  }
}

bool has_shared_memory(Node container, Node pod) {
  if (text_at(pod, "hostIPC") == "true") return true;
  const Node mounts = container.find("volumeMounts");
  if (!mounts || !mounts.is_sequence()) return false;
  for (const Node mount : mounts) {
    if (text_at(mount, "mountPath") == "/dev/shm") return true;
  }
  return false;
}

/// Files of ConfigMaps that the container mounts, by path.
WrittenFiles mounted_files(Node container, Node pod, const DeployContext& context) {
  WrittenFiles out;
  const Node mounts = container.find("volumeMounts");
  const Node volumes = pod ? pod.find("volumes") : Node{};
  if (!mounts || !mounts.is_sequence() || !volumes || !volumes.is_sequence()) return out;
  for (const Node mount : mounts) {
    const std::string name = text_at(mount, "name");
    std::string path = text_at(mount, "mountPath");
    const std::string sub_path = text_at(mount, "subPath");
    for (const Node volume : volumes) {
      const Node map = volume.find("configMap");
      if (text_at(volume, "name") != name || !map) continue;
      const auto* found = context.shared.config_map(text_at(map, "name"), context.source->path());
      if (found == nullptr) continue;
      for (const auto& [key, text] : found->keys) {
        if (!sub_path.empty()) {
          if (key == sub_path) out[path] = text;
          continue;
        }
        out[path + (path.ends_with('/') ? "" : "/") + key] = text;
      }
    }
  }
  return out;
}

void append_words(Node list, const ShellEnvironment& environment, std::vector<ShellWord>& out) {
  if (!list) return;
  if (list.is_scalar()) {
    out.push_back(expand_kubernetes(list.text(), place_of(list), environment));
    return;
  }
  if (!list.is_sequence()) return;
  for (const Node item : list) {
    if (!item.is_scalar()) continue;
    ShellWord word = expand_kubernetes(item.text(), place_of(item), environment);
    const std::size_t braces = word.text.find("{{");
    if (braces != std::string::npos) word.unresolved = word.text.substr(braces, 40);
    out.push_back(std::move(word));
  }
}

}  // namespace

ShellEnvironment container_environment(Node container, const DeployContext& context,
                                       const ShellEnvironment& given) {
  ShellEnvironment out = given;
  const Node from = container.find("envFrom");
  if (from && from.is_sequence()) {
    for (const Node source : from) {
      const auto* map = context.shared.config_map(text_at(source.find("configMapRef"), "name"),
                                                  context.source->path());
      if (map == nullptr) continue;
      for (const auto& [key, text] : map->keys) out[key] = shell_value(text.text, text.place);
    }
  }
  const Node list = container.find("env");
  if (!list || !list.is_sequence()) return out;
  for (const Node entry : list) {
    const std::string name = text_at(entry, "name");
    const Node value = entry.find("value");
    if (name.empty()) continue;
    if (value && value.is_scalar()) {
      ShellWord word = expand_kubernetes(value.text(), place_of(value), out);
      out[name] = ShellValue{{std::move(word)}, false};
      continue;
    }
    const Node reference = node_at(entry, "valueFrom.configMapKeyRef");
    const auto* map =
        reference ? context.shared.config_map(text_at(reference, "name"), context.source->path())
                  : nullptr;
    if (map != nullptr) {
      const auto found = map->keys.find(text_at(reference, "key"));
      if (found != map->keys.end()) {
        out[name] = shell_value(found->second.text, found->second.place);
        continue;
      }
    }
    out[name] = ShellValue{{{"$" + name, name, place_of(entry)}}, false};
  }
  return out;
}

void read_gpu_resources(Node resources, DeployedWorkload& w) {
  if (!resources) return;
  const Node limits = gpu_entry(resources.find("limits"));
  const Node requests = gpu_entry(resources.find("requests"));
  const Node entry = limits ? limits : requests;
  if (!entry) return;
  const std::string key(trim(entry.key()));
  w.gpu_resource = Placed<std::string>{key, place_of(entry)};
  for (const OtherAccelerator& other : kOthers) {
    if (key.starts_with(other.prefix)) w.skipped = other.why;
  }
  const auto read = [&](Node node) -> Stated<std::int64_t> {
    if (const auto count = parse_integer(trim(node.text())))
      return Placed<std::int64_t>{*count, place_of(node)};
    w.unresolved.push_back({"gpus", std::string(node.text()), place_of(node)});
    return {};
  };
  w.gpus_per_pod = read(entry);
  if (limits && requests && limits.text() != requests.text()) w.gpus_requested = read(requests);
}

void read_node_selection(Node pod, DeployedWorkload& w) {
  std::size_t best = kGpuLabels.size();
  const Node selector = pod ? pod.find("nodeSelector") : Node{};
  if (selector && selector.is_map()) {
    for (const Node label : selector) offer(label.key(), label, best, w);
  }
  if (!pod) return;
  read_terms(pod.find("nodeSelectorTerms"), best, w);
  const Node affinity = node_at(pod, "affinity.nodeAffinity");
  if (!affinity) return;
  read_terms(node_at(affinity, "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"),
             best, w);
}

void read_annotations(Node metadata, DeployedWorkload& w) {
  constexpr std::string_view kPrefix = "gpusize.dev/";
  const Node annotations = metadata ? metadata.find("annotations") : Node{};
  if (!annotations || !annotations.is_map()) return;
  for (const Node a : annotations) {
    if (a.key().starts_with(kPrefix) && a.is_scalar())
      w.annotations[std::string(a.key().substr(kPrefix.size()))] =
          Placed<std::string>{std::string(a.text()), place_of(a)};
  }
}

bool read_container(const DeployContext& context, Node container, Node pod,
                    const ShellEnvironment& given, DeployedWorkload& w) {
  ShellEnvironment environment = container_environment(container, context, given);
  std::vector<ShellWord> words;
  append_words(container.find("command"), environment, words);
  const bool has_command = !words.empty();
  append_words(container.find("args"), environment, words);
  WrittenFiles files = mounted_files(container, pod, context);
  std::vector<FoundEngine> found = find_engines(words, context, environment, files);
  set_image(container.find("image"), w);
  const EngineReader* by_image = w.image ? match_image(w.image->value) : nullptr;
  if (found.empty() && by_image != nullptr && !has_command) {
    // The image's own entry point takes the arguments.
    FoundEngine own;
    own.engine = by_image;
    own.args = words;
    own.command = words;
    own.place = w.image->place;
    found.push_back(std::move(own));
  }
  w.container = text_at(container, "name");
  if (found.empty()) {
    if (by_image != nullptr && w.engine.empty()) {
      w.engine = by_image->id;
      w.engine_place = w.image->place;
    }
    const bool triton = std::any_of(words.begin(), words.end(), [](const ShellWord& word) {
      return word.text.find("triton_model_repo") != std::string::npos ||
             word.text.find("tritonserver") != std::string::npos;
    });
    if (!triton) {
      // What the command runs is not among the files: its options are not known, nor are defaults.
      if (by_image != nullptr && has_command)
        w.unresolved.push_back(
            {"parallel degrees and options", words.front().text, words.front().place});
      return by_image != nullptr;
    }
    // A launcher script in front of Triton: its own options tell the layout.
    FoundEngine launcher;
    launcher.engine = &kTriton;
    Locator where(context.source.get(), words.back().place, words.back().text.size());
    for (const ShellCommand& command : read_shell(words.back().text, where, environment).commands) {
      for (const ShellWord& word : command.words) launcher.args.push_back(word);
    }
    launcher.place = words.front().place;
    found.push_back(std::move(launcher));
  }
  // Branches and headless twins repeat one server; the first that runs for sure counts.
  const auto sure =
      std::find_if(found.begin(), found.end(), [](const FoundEngine& f) { return !f.conditional; });
  const FoundEngine& chosen = sure != found.end() ? *sure : found.front();
  apply_engine(chosen, environment, files, context, w);
  keep_own_version(w);
  return true;
}

bool read_pod(const DeployContext& context, Node pod, Node metadata, const ShellEnvironment& given,
              DeployedWorkload& w) {
  if (!pod || !pod.is_map()) return false;
  const Node containers = pod.find("containers");
  if (!containers || !containers.is_sequence()) return false;
  read_annotations(metadata, w);
  read_node_selection(pod, w);
  // The engine's container by command or image; else the one that asks for GPUs.
  Node chosen;
  bool by_engine = false;
  for (const Node container : containers) {
    DeployedWorkload trial = context.workload(w.kind, w.name, pod);
    DeploymentSet scratch;
    const DeployContext quiet{scratch, context.source, context.shared, context.first_line,
                              context.last_line};
    const bool engine = read_container(quiet, container, pod, given, trial);
    DeployedWorkload gpus;
    read_gpu_resources(container.find("resources"), gpus);
    if (engine && !by_engine) {
      chosen = container;
      by_engine = true;
      if (gpus.gpu_resource) break;
    } else if (gpus.gpu_resource && !chosen) {
      chosen = container;
    }
  }
  if (!chosen) return false;
  read_container(context, chosen, pod, given, w);
  read_gpu_resources(chosen.find("resources"), w);
  w.shared_memory = has_shared_memory(chosen, pod);
  // Dynamic resource allocation: devices by claim instead of by resource name.
  const Node claims = node_at(chosen, "resources.claims");
  const Node named = pod.find("resourceClaims");
  if (!w.gpu_resource && claims && claims.is_sequence() && named && named.is_sequence()) {
    for (const Node claim : claims) {
      for (const Node n : named) {
        if (text_at(n, "name") != text_at(claim, "name")) continue;
        std::string name = text_at(n, "resourceClaimTemplateName");
        if (name.empty()) name = text_at(n, "resourceClaimName");
        const auto devices = context.shared.claim_devices.find(name);
        if (devices == context.shared.claim_devices.end()) continue;
        w.gpu_resource = Placed<std::string>{"resource.k8s.io", place_of(claim)};
        w.gpus_per_pod = Placed<std::int64_t>{devices->second, place_of(claim)};
      }
    }
  }
  return true;
}

}  // namespace gpusize
