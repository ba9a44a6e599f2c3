// From a container's words to an engine with its arguments.

#include <algorithm>
#include <array>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/yaml_stream.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

constexpr int kDeepest = 4;

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_shell(std::string_view word) {
  constexpr std::array<std::string_view, 5> kShells{"sh", "bash", "dash", "ash", "zsh"};
  return std::find(kShells.begin(), kShells.end(), base_name(trim(word))) != kShells.end();
}

/// A cluster of short options of a shell that holds this one: `-c`, `-lc`, `-ce`.
bool has_short_option(std::string_view word, char option) {
  return word.size() >= 2 && word[0] == '-' && word[1] != '-' &&
         word.find(option) != std::string_view::npos;
}

void find(std::span<const ShellWord> words, const DeployContext& context,
          ShellEnvironment& environment, WrittenFiles& files, int depth, bool conditional,
          std::vector<FoundEngine>& out);

void find_in_script(std::string_view text, Place place, const DeployContext& context,
                    ShellEnvironment& environment, WrittenFiles& files, int depth, bool conditional,
                    std::vector<FoundEngine>& out) {
  if (depth > kDeepest) return;
  Locator where(context.source.get(), place, text.size());
  const ShellScript script = read_shell(text, where, environment);
  for (const HereDocument& document : script.documents) {
    if (!document.target.empty())
      files[document.target] = {document.body, context.source, document.place};
  }
  for (const ShellCommand& command : script.commands)
    find(command.words, context, environment, files, depth + 1, conditional || command.conditional,
         out);
  for (const HereDocument& document : script.documents) {
    const bool submits =
        !document.command.empty() && (base_name(document.command.front().text) == "sbatch" ||
                                      is_shell(document.command.front().text));
    if (submits)
      find_in_script(document.body, document.place, context, environment, files, depth + 1,
                     conditional, out);
  }
}

void find_in_container(ContainerRun run, const DeployContext& context,
                       ShellEnvironment& environment, WrittenFiles& files, int depth,
                       bool conditional, std::vector<FoundEngine>& out) {
  const std::size_t before = out.size();
  find(run.command, context, environment, files, depth + 1, conditional, out);
  const EngineReader* by_image = match_image(run.image.text);
  if (out.size() == before && by_image != nullptr && !run.has_entry) {
    FoundEngine own;
    own.engine = by_image;
    own.args = run.command;
    own.command = run.command;
    own.place = run.image.place;
    own.conditional = conditional;
    out.push_back(std::move(own));
  }
  for (std::size_t i = before; i < out.size(); ++i) {
    if (!out[i].container) out[i].container = run;
  }
}

/// `bash /scripts/start.sh`, `/scripts/start.sh`: a script that a ConfigMap or here-document holds.
bool find_in_file(std::span<const ShellWord> words, const DeployContext& context,
                  ShellEnvironment& environment, WrittenFiles& files, int depth, bool conditional,
                  std::vector<FoundEngine>& out) {
  if (words.empty()) return false;
  const std::size_t at = is_shell(words[0].text) ? 1 : 0;
  if (at >= words.size()) return false;
  const auto found = files.find(words[at].text);
  if (found == files.end()) return false;
  for (std::size_t n = at; n < words.size(); ++n)
    environment[std::to_string(n - at)] = ShellValue{{words[n]}, false};
  // Read once: scripts that call themselves or each other end.
  const ConfigText text = std::move(found->second);
  files.erase(found);
  const bool same_file = text.source == context.source;
  // Places in another file would be told as places of this one: all stand at the command then.
  const DeployContext inside{context.out, same_file ? context.source : SourceTextPtr(),
                             context.shared, context.first_line, context.last_line};
  find_in_script(text.text, same_file ? text.place : words[at].place, inside, environment, files,
                 depth, conditional, out);
  return true;
}

void find(std::span<const ShellWord> words, const DeployContext& context,
          ShellEnvironment& environment, WrittenFiles& files, int depth, bool conditional,
          std::vector<FoundEngine>& out) {
  if (depth > kDeepest) return;
  if (auto run = read_container_run(words, environment)) {
    find_in_container(std::move(*run), context, environment, files, depth, conditional, out);
    return;
  }
  if (find_in_file(words, context, environment, files, depth, conditional, out)) return;
  for (std::size_t i = 0; i + 2 <= words.size(); ++i) {
    if (!is_shell(words[i].text)) continue;
    for (std::size_t k = i + 1; k + 1 < words.size() && words[k].text.starts_with('-'); ++k) {
      if (!has_short_option(words[k].text, 'c')) {
        if (has_short_option(words[k].text, 'o')) ++k;  // -euo pipefail
        continue;
      }
      for (std::size_t n = k + 2; n < words.size(); ++n)
        environment[std::to_string(n - k - 2)] = ShellValue{{words[n]}, false};
      find_in_script(words[k + 1].text, words[k + 1].place, context, environment, files, depth,
                     conditional, out);
      return;
    }
  }
  const EngineMatch match = match_command(words);
  if (match.engine == nullptr) return;
  FoundEngine found;
  found.engine = match.engine;
  found.place = match.place;
  found.conditional = conditional;
  found.command.assign(words.begin(), words.end());
  const std::size_t first = match.engine->training ? 0 : match.first_arg;
  found.args.assign(words.begin() + static_cast<std::ptrdiff_t>(first), words.end());
  out.push_back(std::move(found));
}

/// Options in a file that the script wrote or a ConfigMap holds.
void apply_config_file(const EngineReader& engine, const WrittenFiles& files,
                       const DeployContext& context, DeployedWorkload& workload) {
  if (!workload.args.config_file) return;
  const Placed<std::string> path = *workload.args.config_file;
  const auto found = files.find(path.value);
  if (found == files.end()) {
    context.not_assessed("GS902",
                         "engine options in " + path.value + ", which is not among the files read",
                         path.place);
    return;
  }
  const ConfigText& text = found->second;
  const int lines_before = std::max(0, text.place.line - 1);
  auto document =
      read_yaml(text.source->path(), text.text, {}, static_cast<std::uint32_t>(lines_before));
  if (document.ok()) document = resolve_merge_keys(*document);
  if (!document.ok() || !document->root().is_map()) {
    context.not_assessed("GS902", "engine options in " + path.value + " are no YAML map",
                         path.place);
    return;
  }
  apply_option_file(engine, document->root(), workload);
}

}  // namespace

std::vector<FoundEngine> find_engines(std::span<const ShellWord> words,
                                      const DeployContext& context, ShellEnvironment& environment,
                                      WrittenFiles& files) {
  std::vector<FoundEngine> out;
  find(words, context, environment, files, 0, false, out);
  return out;
}

std::vector<FoundEngine> find_engines_in_script(std::string_view text, Place place,
                                                const DeployContext& context,
                                                ShellEnvironment& environment,
                                                WrittenFiles& files) {
  std::vector<FoundEngine> out;
  find_in_script(text, place, context, environment, files, 0, false, out);
  return out;
}

void apply_engine(const FoundEngine& found, const ShellEnvironment& environment,
                  const WrittenFiles& files, const DeployContext& context,
                  DeployedWorkload& workload) {
  workload.engine = found.engine->id;
  workload.engine_place = found.place;
  workload.training = found.engine->training;
  if (found.container) {
    const ContainerRun& run = *found.container;
    workload.image = Placed<std::string>{run.image.text, run.image.place};
    workload.engine_version = version_from_image(run.image.text, run.image.place);
    keep_own_version(workload);
    if (run.gpus) {
      workload.gpus_per_pod = run.gpus;
      workload.gpu_resource = Placed<std::string>{"--gpus", run.gpus->place};
    }
    workload.shared_memory = run.shared_memory;
  }
  apply_arguments(*found.engine, found.args, workload);
  apply_environment(*found.engine, environment, workload);
  if (!workload.training) apply_config_file(*found.engine, files, context, workload);
  if (workload.training) {
    workload.engine = training_engine(found, workload);
    // Pretraining names no checkpoint; a tokenizer of the hub names the model.
    const Stated<std::string>& tokenizer = workload.args.tokenizer;
    const bool of_hub = tokenizer && tokenizer->value.find('/') != std::string::npos &&
                        tokenizer->value.find_first_of("./$~") != 0;
    if (!workload.args.model && of_hub) workload.args.model = tokenizer;
  }
  const std::string role = [&] {
    for (std::size_t i = 0; i + 1 < found.args.size(); ++i) {
      if (found.args[i].text == "--disaggregation-mode" ||
          found.args[i].text == "--disaggregation_mode")
        return found.args[i + 1].text;
      if (found.args[i].text == "--is-prefill-worker") return std::string("prefill");
    }
    return std::string();
  }();
  if (role == "prefill" || role == "decode") workload.role = role;
}

std::string training_engine(const FoundEngine& found, const DeployedWorkload& workload) {
  const auto has = [&](std::string_view part) {
    return std::any_of(found.command.begin(), found.command.end(),
                       [&](const ShellWord& w) { return w.text.find(part) != std::string::npos; });
  };
  if (workload.args.megatron_fsdp && workload.args.megatron_fsdp->value) return "megatron-fsdp";
  if (found.engine == &kMegatron || has("tensor-model-parallel-size") || has("pretrain_gpt"))
    return "megatron";
  if (has("torchtitan")) return "torchtitan";
  if (workload.args.sharding) return "fsdp";
  if (has("deepspeed") || has("zero3") || has("zero2")) return "deepspeed";
  if (has("fsdp")) return "fsdp";
  return "torchrun";
}

}  // namespace gpusize
