#include "gpusize/spec/read_deployments.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/yaml_stream.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

/// Order matters only where two kinds could claim one document: the narrower comes first.
const std::array<const KindReader*, 16> kReaders{
    &kWorkloadReader,         &kLeaderWorkerSetReader,
    &kTrainingJobReader,      &kLlmInferenceServiceReader,
    &kInferenceServiceReader, &kRayReader,
    &kDynamoReader,           &kNimReader,
    &kProductionStackReader,  &kModelserviceReader,
    &kNimValuesReader,        &kComposeReader,
    &kAccelerateReader,       &kVllmRecipeReader,
    &kTrtllmOptionsReader,    &kVllmOptionsReader};

struct ReadFile {
  SourceTextPtr source;
  YamlStream stream;
  bool script = false;
};

std::string object_name(Node root) { return text_at(root.find("metadata"), "name"); }

/// Devices that a claim (template) asks for.
std::int64_t claimed_devices(Node spec) {
  const Node requests = node_at(spec, "devices.requests");
  if (!requests || !requests.is_sequence()) return 0;
  std::int64_t out = 0;
  for (const Node request : requests) {
    const Node exactly = request.find("exactly");
    const Node at = exactly ? exactly : request;
    const std::string device = text_at(at, "deviceClassName");
    if (device.find("gpu") == std::string::npos && device.find("mig") == std::string::npos)
      continue;
    const auto count = parse_integer(text_at(at, "count"));
    out += count.value_or(1);
  }
  return out;
}

void share(const ReadFile& file, Node root, SharedObjects& shared) {
  const std::string kind = text_at(root, "kind");
  if (kind == "ConfigMap") {
    SharedObjects::Map map;
    map.file = file.source->path();
    const Node data = root.find("data");
    if (!data || !data.is_map()) return;
    for (const Node entry : data) {
      if (!entry.is_scalar()) continue;
      // A block scalar begins on the line below its key.
      Place place = place_of(entry);
      const std::string_view line = file.source->line(place.line);
      const auto column = static_cast<std::size_t>(std::max(0, place.column - 1));
      const bool block = column < line.size() && (line[column] == '|' || line[column] == '>');
      if (block) ++place.line;
      map.keys[std::string(entry.key())] = {std::string(entry.text()), file.source, place};
    }
    shared.config_maps.emplace(object_name(root), std::move(map));
  } else if (kind == "ResourceClaimTemplate") {
    if (const auto devices = claimed_devices(node_at(root, "spec.spec")); devices > 0)
      shared.claim_devices[object_name(root)] = devices;
  } else if (kind == "ResourceClaim") {
    if (const auto devices = claimed_devices(root.find("spec")); devices > 0)
      shared.claim_devices[object_name(root)] = devices;
  }
}

template <typename F>
void each_object(Node root, F&& visit) {
  const Node items = root.is_map() ? root.find("items") : Node{};
  if (items && items.is_sequence() && text_at(root, "kind").ends_with("List")) {
    for (const Node item : items) {
      if (item.is_map()) visit(item);
    }
  } else if (root.is_map()) {
    visit(root);
  }
}

void read_object(const DeployContext& context, Node root) {
  for (const KindReader* reader : kReaders) {
    if (reader->matches(root)) return reader->read(context, root);
  }
}

void read_file_documents(const ReadFile& file, const SharedObjects& shared, DeploymentSet& out) {
  const auto& documents = file.stream.documents;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    DeployContext context{out, file.source, shared};
    context.first_line = file.stream.first_lines[i];
    if (i + 1 < documents.size()) context.last_line = file.stream.first_lines[i + 1] - 1;
    ++out.documents;
    each_object(documents[i].root(), [&](Node object) { read_object(context, object); });
  }
  for (const UnreadDocument& unread : file.stream.unread) {
    if (!unread.is_template) continue;
    ++out.documents;
    out.not_assessed.push_back(
        {"GS904",
         "a template that is not rendered; render it first: helm template ... | gpusize check -",
         file.source->path(),
         {unread.why.where.line, unread.why.where.column}});
  }
}

bool is_manifest(const std::string& path, std::string_view text) {
  const std::size_t dot = path.rfind('.');
  const std::string ending = dot == std::string::npos ? "" : to_lower(path.substr(dot));
  if (ending == ".yaml" || ending == ".yml" || ending == ".json" || path == "-") return true;
  return text.find("apiVersion:") != std::string_view::npos ||
         text.find("services:") != std::string_view::npos;
}

}  // namespace

Result<DeploymentSet> read_deployments(std::vector<DeploymentInput> inputs,
                                       const ReadLimits& limits) {
  DeploymentSet out;
  Diagnostics problems;
  std::vector<ReadFile> files;
  SharedObjects shared;
  for (DeploymentInput& input : inputs) {
    ReadFile file;
    file.source = std::make_shared<const SourceText>(std::move(input.path), std::move(input.text));
    file.script = is_script(*file.source);
    if (!file.script && !is_manifest(file.source->path(), file.source->text())) {
      out.not_assessed.push_back(
          {"GS903", "neither YAML, JSON nor a shell script", file.source->path(), {}});
      continue;
    }
    if (file.script && !is_valid_utf8(file.source->text())) {
      problems.push_back(
          make_error("spec-encoding", "the script is not UTF-8 text", {file.source->path(), 0, 0}));
      continue;
    }
    if (!file.script) file.stream = read_yaml_stream(*file.source, limits);
    for (const UnreadDocument& unread : file.stream.unread) {
      if (!unread.is_template) problems.push_back(unread.why);
    }
    for (const Document& document : file.stream.documents) {
      if (!document.empty())
        each_object(document.root(), [&](Node object) { share(file, object, shared); });
    }
    out.sources[file.source->path()] = file.source;
    files.push_back(std::move(file));
  }
  if (has_errors(problems)) return problems;
  for (const ReadFile& file : files) {
    if (file.script) {
      ++out.documents;
      read_script(DeployContext{out, file.source, shared});
    } else {
      read_file_documents(file, shared, out);
    }
  }
  apply_patches(out);
  return out;
}

DeploymentSet read_command_line(const std::vector<std::string>& words) {
  DeploymentSet out;
  std::string line;
  std::vector<ShellWord> command;
  for (const std::string& word : words) {
    if (!line.empty()) line.push_back(' ');
    command.push_back({word, "", {1, static_cast<int>(line.size()) + 1}});
    line += word;
  }
  const SharedObjects shared;
  const auto source = std::make_shared<const SourceText>("command line", line);
  const DeployContext context{out, source, shared};
  out.sources[source->path()] = source;
  out.documents = 1;
  ShellEnvironment environment;
  for (const ShellWord& word : command) {  // NAME=value in front of the command
    const std::size_t equals = word.text.find('=');
    if (equals == std::string::npos || word.text.starts_with('-')) break;
    environment[word.text.substr(0, equals)] =
        shell_value(word.text.substr(equals + 1), word.place);
  }
  WrittenFiles files;
  const std::vector<FoundEngine> found = find_engines(command, context, environment, files);
  if (found.empty()) {
    context.not_assessed("GS903", "no engine known starts this command", {1, 1});
    return out;
  }
  DeployedWorkload w = context.workload("command", std::string(found.front().engine->id), {});
  w.place = {1, 1};
  apply_engine(found.front(), environment, files, context, w);
  w.bare = true;
  context.add(std::move(w));
  return out;
}

}  // namespace gpusize
