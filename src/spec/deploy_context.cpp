#include "spec/deploy_context.hpp"

#include <algorithm>

#include "gpusize/core/text.hpp"
#include "spec/engine_args.hpp"

namespace gpusize {

const SharedObjects::Map* SharedObjects::config_map(const std::string& name,
                                                    const std::string& file) const {
  const auto [from, to] = config_maps.equal_range(name);
  const Map* only = nullptr;
  int count = 0;
  for (auto it = from; it != to; ++it) {
    if (it->second.file == file) return &it->second;
    only = &it->second;
    ++count;
  }
  return count == 1 ? only : nullptr;
}

void DeployContext::not_assessed(std::string code, std::string reason, Place place) const {
  out.not_assessed.push_back({std::move(code), std::move(reason), source->path(), place});
}

DeployedWorkload DeployContext::workload(std::string kind, std::string name, Node at) const {
  DeployedWorkload w;
  w.file = source->path();
  w.kind = std::move(kind);
  w.name = std::move(name);
  if (at) w.place = place_of(at);
  return w;
}

namespace {

/// `# gpusize: gpu=H100-80GB model=org/name` within the document.
void read_comments(const SourceText& source, int first, int last, DeployedWorkload& w) {
  constexpr std::string_view kMark = "# gpusize:";
  const std::string_view all = source.text();
  if (all.find(kMark) == std::string_view::npos) return;
  for (int line = first; line <= std::min(last, source.lines()); ++line) {
    const std::string_view text = source.line(line);
    const std::size_t at = text.find(kMark);
    if (at == std::string_view::npos) continue;
    for (const std::string& word : split(trim(text.substr(at + kMark.size())), ' ')) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      const Place place{line, static_cast<int>(text.find(word, at)) + 1};
      w.annotations.emplace(word.substr(0, equals),
                            Placed<std::string>{word.substr(equals + 1), place});
    }
  }
}

}  // namespace

void DeployContext::add(DeployedWorkload w) const {
  read_comments(*source, first_line, last_line, w);
  if (const auto gpu = w.annotations.find("gpu"); gpu != w.annotations.end() && !w.gpu) {
    w.gpu = gpu->second;
    w.gpu_key = "gpusize annotation";
  }
  settle_counts(w);
  out.workloads.push_back(std::move(w));
}

Place place_of(Node node) {
  const Location at = node.location();
  return {at.line, at.column};
}

std::string text_at(Node map, std::string_view key) {
  const Node found = map ? map.find(key) : Node{};
  return found && found.is_scalar() ? std::string(found.text()) : std::string();
}

Node node_at(Node map, std::string_view dotted) {
  for (const std::string& key : split(dotted, '.')) {
    if (!map) return {};
    map = map.find(key);
  }
  return map;
}

Stated<std::int64_t> count_at(Node map, std::string_view key, std::string_view what,
                              DeployedWorkload& workload) {
  const Node found = map ? map.find(key) : Node{};
  if (!found || !found.is_scalar()) return {};
  if (const auto count = parse_integer(trim(found.text())); count && *count >= 0)
    return Placed<std::int64_t>{*count, place_of(found)};
  workload.unresolved.push_back({std::string(what), std::string(found.text()), place_of(found)});
  return {};
}

Stated<std::string> stated_text(Node node) {
  if (!node || !node.is_scalar()) return {};
  return Placed<std::string>{std::string(node.text()), place_of(node)};
}

std::string model_from_uri(std::string_view uri) {
  constexpr std::string_view kHub = "hf://";
  if (uri.starts_with(kHub)) uri.remove_prefix(kHub.size());
  if (const std::size_t at = uri.find(':');
      at != std::string_view::npos && !uri.substr(at).starts_with("://"))
    uri = uri.substr(0, at);  // hf://org/name:revision
  while (uri.ends_with('/')) uri.remove_suffix(1);
  return std::string(uri);
}

Stated<std::string> version_from_image(std::string_view image, Place place) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon == std::string_view::npos) return {};
  std::string_view tag = image.substr(colon + 1);
  if (const std::size_t digest = tag.find('@'); digest != std::string_view::npos)
    tag = tag.substr(0, digest);
  if (tag.starts_with('v')) tag.remove_prefix(1);
  std::size_t end = 0;
  int dots = 0;
  while (end < tag.size() && ((tag[end] >= '0' && tag[end] <= '9') || tag[end] == '.')) {
    dots += tag[end] == '.' ? 1 : 0;
    ++end;
  }
  std::string_view version = tag.substr(0, end);
  while (version.ends_with('.')) version.remove_suffix(1);
  if (version.empty() || dots == 0) return {};
  return Placed<std::string>{std::string(version), place};
}

void set_image(Node node, DeployedWorkload& workload) {
  workload.image = stated_text(node);
  if (workload.image)
    workload.engine_version = version_from_image(workload.image->value, workload.image->place);
}

void keep_own_version(DeployedWorkload& workload) {
  const EngineReader* engine = find_engine_reader(workload.engine);
  if (engine == nullptr || engine->released_as.empty() || !workload.image) return;
  if (workload.image->value.find(engine->released_as) == std::string::npos)
    workload.engine_version.reset();
}

void settle_counts(DeployedWorkload& w) {
  ServingArgs& a = w.args;
  const auto value = [](const Stated<std::int64_t>& s) { return s ? s->value : std::int64_t{1}; };
  const auto unknown = [&w](std::string_view what) {
    return std::any_of(w.unresolved.begin(), w.unresolved.end(), [&](const UnresolvedValue& u) {
      return u.what.find(what) != std::string::npos;
    });
  };
  // SGLang's attention DP and TensorRT-LLM's share the tensor-parallel ranks; vLLM's DP multiplies.
  const bool dp_multiplies = !(w.engine == "sglang" && a.attention_dp && a.attention_dp->value) &&
                             w.engine != "tensorrt-llm";
  const bool states_layout = a.tp || a.pp || (dp_multiplies && a.dp);
  const EngineReader* engine = find_engine_reader(w.engine);
  const bool one_by_default = w.bare && !w.pods && engine != nullptr && !engine->takes_all_gpus;
  std::int64_t layout = 1;
  const bool layout_known =
      !__builtin_mul_overflow(value(a.tp), value(a.pp), &layout) &&
      (!dp_multiplies || !__builtin_mul_overflow(layout, value(a.dp), &layout)) &&
      !unknown("parallel") && !unknown("tp");
  if (w.gpus_per_pod) {
    std::int64_t gpus = 0;
    if (!__builtin_mul_overflow(w.gpus_per_pod->value, value(w.pods), &gpus))
      w.gpus_per_replica = gpus;
  } else if (w.training) {
    if (a.processes) w.gpus_per_replica = a.processes->value;
    if (a.processes_per_node && !unknown("nodes")) {
      std::int64_t gpus = 0;
      if (!__builtin_mul_overflow(a.processes_per_node->value, value(a.nodes ? a.nodes : w.pods),
                                  &gpus))
        w.gpus_per_replica = gpus;
    }
  } else if ((states_layout || one_by_default) && layout_known && w.skipped.empty() &&
             !unknown("gpu")) {
    w.gpus_per_replica = layout;
    w.gpus_from_layout = true;
  }
  if (!w.gpus_per_replica || unknown("replicas")) return;
  std::int64_t total = 0;
  const std::int64_t replicas = w.max_replicas ? w.max_replicas->value : value(w.replicas);
  if (!__builtin_mul_overflow(*w.gpus_per_replica, replicas, &total)) w.total_gpus = total;
}

}  // namespace gpusize
