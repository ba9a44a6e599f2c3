// Compose files: services with an engine, GPUs by reservation, runtime variables or `gpus:`.

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

bool matches(Node root) {
  const Node services = root.find("services");
  if (!services || !services.is_map() || root.find("kind")) return false;
  for (const Node service : services) {
    if (service.is_map() && (service.find("image") || service.find("build"))) return true;
  }
  return false;
}

/// Compose's own `${VAR:-default}`; variables come from the caller's environment, which is not
/// read.
ShellWord interpolate(std::string_view text, Place place, ShellEnvironment& environment) {
  if (text.find('$') == std::string_view::npos) return {std::string(text), "", place};
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '`') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  Locator where(nullptr, place, 0);
  const ShellScript script = read_shell(quoted, where, environment);
  if (script.commands.size() != 1 || script.commands.front().words.size() != 1)
    return {std::string(text), std::string(text), place};
  ShellWord word = script.commands.front().words.front();
  word.place = place;
  return word;
}

/// `command:` or `entrypoint:` as a list, or as one string that is split like a shell does.
void append(Node node, const DeployContext& context, ShellEnvironment& environment,
            std::vector<ShellWord>& out) {
  if (!node) return;
  if (node.is_sequence()) {
    for (const Node item : node) {
      if (item.is_scalar()) out.push_back(interpolate(item.text(), place_of(item), environment));
    }
    return;
  }
  if (!node.is_scalar()) return;
  Locator where(context.source.get(), place_of(node), node.text().size());
  std::string line(node.text());
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  const ShellScript script = read_shell(line, where, environment);
  for (const ShellCommand& command : script.commands) {
    for (const ShellWord& word : command.words) out.push_back(word);
  }
}

ShellEnvironment environment_of(Node service) {
  ShellEnvironment out;
  ShellEnvironment none;
  const Node node = service.find("environment");
  if (!node) return out;
  for (const Node entry : node) {
    if (!entry.is_scalar()) continue;
    std::string name(entry.key());
    std::string_view value = entry.text();
    if (node.is_sequence()) {
      const std::size_t equals = value.find('=');
      name = std::string(value.substr(0, equals));
      if (equals == std::string_view::npos) continue;
      value.remove_prefix(equals + 1);
    }
    out[name] = ShellValue{{interpolate(value, place_of(entry), none)}, false};
  }
  return out;
}

void count_devices(std::string_view list, Place place, DeployedWorkload& w) {
  if (list.empty() || list == "void" || list == "none") return;
  if (list == "all") {
    w.unresolved.push_back({"gpus", "all GPUs of the host", place});
    return;
  }
  w.gpus_per_pod = Placed<std::int64_t>{static_cast<std::int64_t>(split(list, ',').size()), place};
  w.gpu_resource = Placed<std::string>{"nvidia.com/gpu", place};
}

void read_gpus(Node service, const ShellEnvironment& environment, DeployedWorkload& w) {
  ShellEnvironment none;
  Node devices = node_at(service, "deploy.resources.reservations.devices");
  if (!devices || !devices.is_sequence()) devices = service.find("gpus");
  if (devices && devices.is_scalar()) return count_devices(devices.text(), place_of(devices), w);
  if (devices && devices.is_sequence()) {
    for (const Node device : devices) {
      const std::string driver = text_at(device, "driver");
      const Node ids = device.find("device_ids");
      const Node count = device.find("count");
      w.gpu_resource =
          Placed<std::string>{driver == "amd" ? "amd.com/gpu" : "nvidia.com/gpu", place_of(device)};
      if (ids && ids.is_sequence()) {
        w.gpus_per_pod = Placed<std::int64_t>{static_cast<std::int64_t>(ids.size()), place_of(ids)};
      } else if (count && count.is_scalar()) {
        const ShellWord word = interpolate(count.text(), place_of(count), none);
        if (const auto number = parse_integer(word.text); number && word.known()) {
          w.gpus_per_pod = Placed<std::int64_t>{*number, place_of(count)};
        } else {
          w.unresolved.push_back(
              {"gpus", word.text == "all" ? "all GPUs of the host" : word.text, place_of(count)});
        }
      } else {
        w.unresolved.push_back({"gpus", "all GPUs of the host", place_of(device)});
      }
    }
    return;
  }
  for (const std::string_view name :
       {"CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"}) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.words.empty()) continue;
    const ShellWord& word = found->second.words.front();
    if (word.known()) return count_devices(word.text, word.place, w);
  }
  if (text_at(service, "runtime") == "nvidia")
    w.unresolved.push_back({"gpus", "all GPUs of the host", place_of(service.find("runtime"))});
}

void read_service(const DeployContext& context, Node service) {
  DeployedWorkload w = context.workload("compose", std::string(service.key()), service);
  ShellEnvironment environment = environment_of(service);
  set_image(service.find("image"), w);
  std::vector<ShellWord> words;
  append(service.find("entrypoint"), context, environment, words);
  const bool has_entry = !words.empty();
  append(service.find("command"), context, environment, words);
  WrittenFiles files;
  std::vector<FoundEngine> found = find_engines(words, context, environment, files);
  const EngineReader* by_image = w.image ? match_image(w.image->value) : nullptr;
  if (found.empty() && by_image != nullptr && !has_entry) {
    FoundEngine own;
    own.engine = by_image;
    own.args = words;
    own.place = w.image->place;
    found.push_back(std::move(own));
  }
  read_gpus(service, environment, w);
  if (found.empty()) return;  // proxies, databases, front ends
  apply_engine(found.front(), environment, files, context, w);
  keep_own_version(w);
  w.replicas = count_at(service.find("deploy"), "replicas", "replicas", w);
  if (!w.replicas) w.replicas = count_at(service, "scale", "replicas", w);
  w.shared_memory = service.find("shm_size") || text_at(service, "ipc") == "host";
  context.add(std::move(w));
}

void read(const DeployContext& context, Node root) {
  for (const Node service : root.find("services")) {
    if (service.is_map()) read_service(context, service);
  }
}

}  // namespace

const KindReader kComposeReader{"compose", matches, read};

}  // namespace gpusize
