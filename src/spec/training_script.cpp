// Launch scripts and bare lists of options: which program they start, on how many GPUs, told what.

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_deployments.hpp"
#include "spec/deploy_context.hpp"
#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

/// One option with the words behind it: its values, and perhaps the program that follows.
struct Option {
  std::string name;  ///< without dashes, words joined by dashes, lower case
  std::string written;
  std::vector<ShellWord> words;
  Place place;
};

/// What a row of this shape takes of the words: some take several, most take one.
ShellWord value_of(const Option& option, RowShape shape) {
  ShellWord out{"", "", option.words.empty() ? option.place : option.words.front().place};
  const bool several = shape == RowShape::kText || shape == RowShape::kWords ||
                       shape == RowShape::kTargets || shape == RowShape::kGap;
  for (const ShellWord& word : option.words) {
    out.text += (out.text.empty() ? "" : " ") + word.text;
    if (out.unresolved.empty()) out.unresolved = word.unresolved;
    if (!several) break;
  }
  return out;
}

bool is_option(const ShellWord& word) {
  return word.text.size() > 2 && word.text.starts_with("--") && word.text[2] != ' ';
}

/// Options in order; of several of one name argparse takes the last.
std::vector<Option> options_of(const std::vector<ShellWord>& words) {
  std::vector<Option> out;
  const auto take = [&](Option option) {
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const Option& o) { return o.name == option.name; });
    if (same != out.end()) out.erase(same);
    out.push_back(std::move(option));
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_option(words[i])) continue;
    Option option;
    const std::size_t equals = words[i].text.find('=');
    option.written = words[i].text.substr(0, equals);
    option.name = to_lower(option.written.substr(2));
    std::replace(option.name.begin(), option.name.end(), '_', '-');
    option.place = words[i].place;
    if (equals != std::string::npos) {
      option.words.push_back(
          {words[i].text.substr(equals + 1), words[i].unresolved, words[i].place});
    } else {
      for (; i + 1 < words.size() && !is_option(words[i + 1]); ++i)
        option.words.push_back(words[i + 1]);
    }
    take(std::move(option));
  }
  return out;
}

/// TrainingArguments are written with underscores.
std::string name_in(const TrainDialect& dialect, const Option& option) {
  std::string out = option.name;
  if (&dialect == &kTrainingArguments) std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

const TrainDialect& dialect_of(const std::vector<Option>& options) {
  const auto count = [&](const TrainDialect& dialect) {
    return std::count_if(options.begin(), options.end(), [&](const Option& option) {
      return find_row(dialect, name_in(dialect, option)) != nullptr;
    });
  };
  const auto megatron = count(kMegatronArguments);
  return megatron > 0 && megatron >= count(kTrainingArguments) ? kMegatronArguments
                                                               : kTrainingArguments;
}

struct Script {
  std::vector<ShellWord> words;
  Place place;
  std::size_t others = 0;  ///< further training commands
};

/// The script's first training command; without one, a bare list of options.
std::optional<Script> find_command(const DeployContext& context, ShellEnvironment environment) {
  WrittenFiles files;
  const ShellEnvironment given = environment;
  std::optional<Script> out;
  for (const FoundEngine& found :
       find_engines_in_script(context.source->text(), {1, 1}, context, environment, files)) {
    if (!found.engine->training) continue;
    if (!out) {
      out = Script{found.command, found.place};
    } else {
      ++out->others;
    }
  }
  if (out) return out;
  Locator where(context.source.get(), {1, 1}, context.source->text().size());
  environment = given;
  for (const ShellCommand& command :
       read_shell(context.source->text(), where, environment).commands) {
    if (std::none_of(command.words.begin(), command.words.end(), is_option)) continue;
    return Script{command.words, command.words.front().place};
  }
  return {};
}

/// What Slurm's lines and launchers say of GPUs, by the reader of deployments.
std::optional<DeployedWorkload> workload_of(const std::string& path, std::string_view text) {
  const std::string script =
      text.starts_with("#!") ? std::string(text) : std::string("#!/bin/sh\n") + std::string(text);
  auto read = read_deployments({{path, script}});
  if (!read.ok()) return {};
  for (const DeployedWorkload& w : read->workloads) {
    if (w.training) return w;
  }
  return {};
}

void give(ShellEnvironment& environment, const char* name, const Stated<std::int64_t>& value) {
  if (value) environment[name] = shell_value(std::to_string(value->value), value->place);
}

void state_count(TrainCollector& out, TrainKey key, std::int64_t count, Location where,
                 std::string written) {
  out.state(key, {std::to_string(count), static_cast<double>(count), std::move(where),
                  std::move(written)});
}

/// Applies an option in one dialect; false: the dialect does not know it.
bool apply_in(const TrainDialect& dialect, const Option& option, const std::string& path,
              TrainCollector& out) {
  const std::string name = name_in(dialect, option);
  const TrainRow* row = find_row(dialect, name);
  const ShellWord value = value_of(option, row != nullptr ? row->shape : RowShape::kText);
  const Location where{path, value.place.line, value.place.column};
  if (row != nullptr && !value.known()) {
    out.gap(option.written, fmt::format("the value of {} is not in the file", value.unresolved),
            where);
    return true;
  }
  return out.apply(dialect, name, value.text, where, option.written);
}

void apply_option(const TrainDialect& dialect, const Option& option, const std::string& path,
                  TrainCollector& out) {
  const bool launches = apply_in(kLauncherOptions, option, path, out);
  const bool known = apply_in(dialect, option, path, out);
  if (!launches && !known)
    out.unknown(dialect, name_in(dialect, option), {path, option.place.line, option.place.column},
                option.written);
}

}  // namespace

void read_training_script(const std::string& path, std::string_view text, TrainCollector& out,
                          TrainingSpec& spec) {
  const auto source = std::make_shared<const SourceText>(path, std::string(text));
  DeploymentSet set;
  const SharedObjects shared;
  const DeployContext context{set, source, shared};
  ShellEnvironment environment;
  const std::optional<DeployedWorkload> workload = workload_of(path, text);
  if (workload) {
    give(environment, "SLURM_NNODES", workload->pods);
    give(environment, "SLURM_JOB_NUM_NODES", workload->pods);
    give(environment, "SLURM_GPUS_PER_NODE", workload->gpus_per_pod);
    give(environment, "SLURM_GPUS_ON_NODE", workload->gpus_per_pod);
  }
  const std::optional<Script> script = find_command(context, environment);
  if (!script)
    return out.error(
        "train-format", "no training command and no options found", {path, 0, 0},
        "a line such as: torchrun --nproc-per-node 8 pretrain_gpt.py --num-layers 32 ...");
  const std::vector<Option> options = options_of(script->words);
  const TrainDialect& dialect = dialect_of(options);
  spec.files.push_back({path, std::string(dialect.label)});
  const Location start{path, script->place.line, script->place.column};
  for (const Option& option : options) apply_option(dialect, option, path, out);
  out.imply(dialect, start);
  if (script->others > 0)
    out.gap("training commands",
            fmt::format("{} more in the file; the first is read", script->others), start);
  if (!workload) return;
  // A launcher's own options come first: they say what the job really starts.
  if (workload->gpus_per_pod && spec.find(TrainKey::kGpus) == nullptr &&
      spec.find(TrainKey::kGpusPerNode) == nullptr)
    state_count(out, TrainKey::kGpusPerNode, workload->gpus_per_pod->value,
                {path, workload->gpus_per_pod->place.line, workload->gpus_per_pod->place.column},
                "GPUs per node");
  if (workload->pods && spec.find(TrainKey::kNodes) == nullptr)
    state_count(out, TrainKey::kNodes, workload->pods->value,
                {path, workload->pods->place.line, workload->pods->place.column}, "nodes");
}

}  // namespace gpusize
