#include "spec/engine_args.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

const std::array<const EngineReader*, 9> kAll{&kVllm,   &kSglang,   &kTensorRtLlm,
                                              &kTgi,    &kLlamaCpp, &kLmdeploy,
                                              &kTriton, &kMegatron, &kTorchrun};

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// `--max_num_seqs` and `--max-num-seqs` are one option.
std::string option_name(std::string_view written) {
  std::string out(written);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

bool listed(std::string_view names, std::string_view name) {
  for (std::size_t at = names.find(name); at != std::string_view::npos;
       at = names.find(name, at + 1)) {
    const bool starts = at == 0 || names[at - 1] == ' ';
    const std::size_t end = at + name.size();
    if (starts && (end == names.size() || names[end] == ' ')) return true;
  }
  return false;
}

/// What an option's name stands for.
struct Option {
  const EngineArg* arg = nullptr;
  bool takes_value = false;
  bool known = false;
  bool negated = false;
  std::string full;  ///< set when `name` was an abbreviation
};

void collect(std::string_view names, std::string_view prefix, std::set<std::string>& out) {
  for (const std::string& name : split(names, ' ')) {
    if (name.starts_with(prefix)) out.insert(name);
  }
}

Option exact_option(const EngineReader& engine, std::string_view name) {
  for (const EngineArg& arg : engine.args) {
    if (arg.name == name) return {&arg, arg.shape == ArgShape::kValue, true, false, {}};
  }
  if (listed(engine.other_values, name)) return {nullptr, true, true, false, {}};
  if (listed(engine.other_switches, name)) return {nullptr, false, true, false, {}};
  return {};
}

Option find_option(const EngineReader& engine, const std::string& name, bool is_long) {
  Option found = exact_option(engine, name);
  if (found.known) return found;
  if (name.starts_with("no-")) {
    found = exact_option(engine, std::string_view(name).substr(3));
    if (found.known && !found.takes_value) {
      found.negated = true;
      return found;
    }
  }
  if (!engine.abbreviations || !is_long || name.size() < 3) return {};
  std::set<std::string> candidates;
  for (const EngineArg& arg : engine.args) {
    if (arg.name.starts_with(name)) candidates.emplace(arg.name);
  }
  collect(engine.other_values, name, candidates);
  collect(engine.other_switches, name, candidates);
  if (candidates.size() != 1) return {};
  found = exact_option(engine, *candidates.begin());
  found.full = *candidates.begin();
  return found;
}

/// A value in the form that its option takes; false when it does not fit.
bool store(const EngineArg& arg, std::string_view value, Place place, ServingArgs& args) {
  if (arg.text != nullptr) {
    args.*arg.text = Placed<std::string>{std::string(value), place};
  } else if (arg.count != nullptr) {
    const auto count = parse_count(value);
    if (!count) return value == "auto" || value == "-1" || value.empty();
    args.*arg.count = Placed<std::int64_t>{*count, place};
  } else if (arg.number != nullptr) {
    const auto number = parse_number(value);
    if (!number) return value == "auto" || value.empty();
    args.*arg.number = Placed<double>{*number, place};
  } else if (arg.flag != nullptr) {
    const std::string lower = to_lower(value);
    args.*arg.flag = Placed<bool>{!(lower == "false" || lower == "0" || lower == "no"), place};
  }
  return true;
}

void set(const EngineArg& arg, const ShellWord& word, std::string_view value, Place place,
         DeployedWorkload& workload) {
  if (!word.known()) {
    workload.unresolved.push_back({std::string(arg.name), word.unresolved, place});
    return;
  }
  if (!store(arg, value, place, workload.args)) {
    workload.flags.push_back(
        {FlagProblem::kBadValue, std::string(arg.name), std::string(value), place});
  } else if (!arg.renamed_to.empty()) {
    workload.flags.push_back(
        {FlagProblem::kRenamed, std::string(arg.name), std::string(arg.renamed_to), place});
  }
}

}  // namespace

const EngineReader* find_engine_reader(std::string_view id) {
  for (const EngineReader* engine : kAll) {
    if (engine->id == id) return engine;
  }
  return nullptr;
}

EngineMatch match_command(std::span<const ShellWord> words) {
  EngineMatch best;
  for (const EngineReader* engine : kAll) {
    for (const std::string_view form : engine->commands) {
      const std::vector<std::string> parts = split(form, ' ');
      for (std::size_t i = 0; i + parts.size() <= words.size(); ++i) {
        bool same = base_name(words[i].text) == parts[0];
        for (std::size_t k = 1; same && k < parts.size(); ++k) same = words[i + k].text == parts[k];
        if (!same) continue;
        // Of several, a serving engine beats a launcher, then the longer form wins.
        const bool better = best.engine == nullptr ||
                            (best.engine == &kTorchrun && engine != &kTorchrun) ||
                            (best.engine == engine && i + parts.size() > best.first_arg);
        if (better) best = {engine, i + parts.size(), words[i].place};
        break;
      }
    }
    if (best.engine != nullptr && best.engine != &kTorchrun && best.engine != &kMegatron) break;
  }
  return best;
}

const EngineReader* match_image(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.find_first_of(":@", slash == std::string_view::npos ? 0 : slash);
  const std::string path = to_lower(image.substr(0, colon));
  for (const EngineReader* engine : kAll) {
    for (const std::string_view part : engine->images) {
      if (path.find(part) != std::string::npos) return engine;
    }
  }
  return nullptr;
}

namespace {

/// `--model x` or `--model x --tp 8` as one item of a list: what the engine gets as one word.
bool is_joined(const ShellWord& word) {
  if (!word.known() || !word.text.starts_with("--")) return false;
  const std::size_t space = word.text.find_first_of(" \t\n");
  if (space == std::string::npos ||
      word.text.find_first_not_of(" \t\n", space) == std::string::npos)
    return false;
  return word.text.find('=') > space || word.text.find(" --", space) != std::string::npos;
}

/// The words with joined ones taken apart as their writer meant them; each is noted.
std::vector<ShellWord> take_apart(std::span<const ShellWord> words, DeployedWorkload& workload) {
  std::vector<ShellWord> out;
  for (const ShellWord& word : words) {
    if (!is_joined(word)) {
      out.push_back(word);
      continue;
    }
    workload.flags.push_back({FlagProblem::kJoined,
                              word.text.substr(0, word.text.find_first_of(" \t\n=")), "",
                              word.place});
    ShellEnvironment none;
    Locator where(nullptr, word.place, 0);
    std::string line = word.text;
    std::replace(line.begin(), line.end(), '\n', ' ');
    for (const ShellCommand& command : read_shell(line, where, none).commands) {
      for (const ShellWord& part : command.words) {
        out.push_back(part);
        out.back().place = word.place;
      }
    }
  }
  return out;
}

void apply_words(const EngineReader& engine, std::span<const ShellWord> words,
                 DeployedWorkload& workload);

}  // namespace

void apply_arguments(const EngineReader& engine, std::span<const ShellWord> words,
                     DeployedWorkload& workload) {
  if (std::any_of(words.begin(), words.end(), is_joined))
    apply_words(engine, take_apart(words, workload), workload);
  else
    apply_words(engine, words, workload);
}

namespace {

void apply_words(const EngineReader& engine, std::span<const ShellWord> words,
                 DeployedWorkload& workload) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const ShellWord& word = words[i];
    if (!word.text.starts_with('-') || word.text == "-" || parse_number(word.text)) {
      const bool free = engine.positional_model && !workload.args.model && word.text != "serve";
      if (free && !word.text.empty()) {
        set(engine.args.front().text == &ServingArgs::model ? engine.args.front()
                                                            : arg("model", &ServingArgs::model),
            word, word.text, word.place, workload);
      }
      continue;
    }
    const bool is_long = word.text.starts_with("--");
    std::string_view body = std::string_view(word.text).substr(is_long ? 2 : 1);
    const std::size_t equals = body.find('=');
    const std::string name = option_name(body.substr(0, equals));
    const Option option = find_option(engine, name, is_long);
    if (!option.full.empty()) {
      workload.flags.push_back(
          {FlagProblem::kAbbreviated, "--" + name, "--" + option.full, word.place});
    }
    if (equals != std::string_view::npos) {
      if (option.arg != nullptr)
        set(*option.arg, word, body.substr(equals + 1), word.place, workload);
      continue;
    }
    const bool has_next = i + 1 < words.size();
    if (!option.known) {
      // An option nobody lists: what follows is its value unless it looks like an option.
      if (has_next && !words[i + 1].text.starts_with('-')) ++i;
      continue;
    }
    if (!option.takes_value) {
      const bool value_follows =
          has_next && (words[i + 1].text == "true" || words[i + 1].text == "false" ||
                       words[i + 1].text == "True" || words[i + 1].text == "False");
      const std::string_view value = value_follows    ? std::string_view(words[i + 1].text)
                                     : option.negated ? "false"
                                                      : "true";
      if (option.arg != nullptr) set(*option.arg, word, value, word.place, workload);
      if (value_follows) ++i;
      continue;
    }
    if (!has_next) break;
    ++i;
    if (option.arg != nullptr) set(*option.arg, words[i], words[i].text, words[i].place, workload);
  }
}

}  // namespace

void apply_environment(const EngineReader& engine, const ShellEnvironment& environment,
                       DeployedWorkload& workload) {
  for (const EngineArg& arg : engine.environment) {
    const auto found = environment.find(arg.name);
    if (found == environment.end() || found->second.words.empty()) continue;
    const ShellWord& word = found->second.words.front();
    const bool stated = (arg.text != nullptr && workload.args.*arg.text) ||
                        (arg.count != nullptr && workload.args.*arg.count) ||
                        (arg.number != nullptr && workload.args.*arg.number);
    if (!stated) set(arg, word, word.text, word.place, workload);  // the command line wins
  }
  const auto extra = environment.find(engine.extra_args_variable);
  if (engine.extra_args_variable.empty() || extra == environment.end()) return;
  for (const ShellWord& word : extra->second.words) {
    ShellEnvironment known = environment;
    Locator where(nullptr, word.place, 0);
    const ShellScript script = read_shell(word.text, where, known);
    for (const ShellCommand& command : script.commands)
      apply_arguments(engine, command.words, workload);
  }
}

namespace {

void apply_nested(const EngineReader& engine, Node map, const std::string& prefix,
                  DeployedWorkload& workload, int depth) {
  constexpr int kDeepest = 4;
  for (const Node child : map) {
    const std::string name = prefix + option_name(child.key());
    if (child.is_map() && depth < kDeepest) {
      apply_nested(engine, child, name + ".", workload, depth + 1);
    } else if (child.is_scalar()) {
      const Location at = child.location();
      apply_value(engine, name, child.text(), {at.line, at.column}, workload);
    }
  }
}

}  // namespace

void apply_option_file(const EngineReader& engine, Node map, DeployedWorkload& workload) {
  if (map && map.is_map()) apply_nested(engine, map, "", workload, 0);
}

bool apply_value(const EngineReader& engine, std::string_view name, std::string_view value,
                 Place place, DeployedWorkload& workload) {
  const Option option = exact_option(engine, option_name(name));
  if (option.arg == nullptr) return option.known;
  set(*option.arg, {std::string(value), "", place}, value, place, workload);
  return true;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  if (const auto whole = parse_integer(text)) return *whole < 0 ? std::nullopt : whole;
  if (text.size() < 2) return {};
  double factor = 0.0;
  switch (text.back()) {
    case 'k': factor = 1e3; break;
    case 'K': factor = 1024.0; break;
    case 'm': factor = 1e6; break;
    case 'M': factor = 1048576.0; break;
    case 'g': factor = 1e9; break;
    case 'G': factor = 1073741824.0; break;
    default: return {};
  }
  const auto number = parse_number(text.substr(0, text.size() - 1));
  constexpr double kMost = 9e15;
  if (!number || *number < 0.0 || *number * factor > kMost) return {};
  return static_cast<std::int64_t>(std::llround(*number * factor));
}

}  // namespace gpusize
