// Shell scripts: Slurm jobs (#SBATCH) and plain launch scripts.

#include <algorithm>
#include <optional>

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kDirective = "#SBATCH";

/// What `#SBATCH` lines say.
struct Slurm {
  bool present = false;
  std::string name;
  Stated<std::int64_t> nodes;
  Stated<std::int64_t> gpus_per_node;
  Stated<std::int64_t> gpus;
  Stated<std::int64_t> gpus_per_task;
  Stated<std::int64_t> tasks;
  Stated<std::int64_t> tasks_per_node;
  Stated<std::int64_t> array_tasks;
  Stated<std::string> gpu;
  std::vector<UnresolvedValue> unresolved;
};

void store(std::string_view option, std::string_view value, Place place, Stated<std::int64_t>& into,
           Slurm& s) {
  // `2-4` nodes: a range, of which the larger number is what may be taken.
  const std::size_t dash = value.find('-');
  const auto number =
      parse_integer(dash == std::string_view::npos ? value : value.substr(dash + 1));
  if (number && *number >= 0) {
    into = Placed<std::int64_t>{*number, place};
  } else {
    s.unresolved.push_back({option == "nodes" ? "nodes" : "gpus", std::string(value), place});
  }
}

/// `gpu:h100:8`, `h100:8`, `gpu:8`, `8`.
void store_gpus(std::string_view value, Place place, Stated<std::int64_t>& into, Slurm& s) {
  value = value.substr(0, value.find_first_of(",("));
  std::vector<std::string> parts = split(value, ':');
  if (!parts.empty() && (parts.front() == "gpu" || parts.front() == "gres/gpu"))
    parts.erase(parts.begin());
  if (parts.empty()) parts.emplace_back("1");
  if (parts.size() == 2 || !parse_integer(parts.front())) {
    if (parts.size() == 2) s.gpu = Placed<std::string>{parts.front(), place};
  }
  store("gpus", parts.back(), place, into, s);
}

/// `0-3`, `1,4-7`, `0-15:5%2` (step 5, two at a time): how many tasks the job array has.
std::optional<std::int64_t> array_tasks(std::string_view value) {
  std::int64_t tasks = 0;
  for (const std::string& part : split(value.substr(0, value.find('%')), ',')) {
    const std::string_view range(part);
    const std::size_t dash = range.find('-');
    const std::size_t colon = range.find(':');
    const auto first = parse_integer(range.substr(0, std::min(dash, colon)));
    const auto last = dash == std::string_view::npos
                          ? first
                          : parse_integer(range.substr(dash + 1, colon - dash - 1));
    const auto step = colon == std::string_view::npos ? std::optional<std::int64_t>(1)
                                                      : parse_integer(range.substr(colon + 1));
    constexpr std::int64_t kMost = 1'000'000;
    if (!first || !last || !step || *first < 0 || *last < *first || *last > kMost || *step < 1)
      return {};
    tasks += (*last - *first) / *step + 1;
  }
  return tasks;
}

void read_directive(std::string_view option, std::string_view value, Place place, Slurm& s) {
  if (option == "nodes" || option == "N") store("nodes", value, place, s.nodes, s);
  if (option == "ntasks" || option == "n") store("tasks", value, place, s.tasks, s);
  if (option == "ntasks-per-node") store("tasks", value, place, s.tasks_per_node, s);
  if (option == "gpus-per-node" || option == "gres") {
    if (option == "gres" && value.find("gpu") == std::string_view::npos) return;
    store_gpus(value, place, s.gpus_per_node, s);
  }
  if (option == "gpus" || option == "G") store_gpus(value, place, s.gpus, s);
  if (option == "gpus-per-task") store_gpus(value, place, s.gpus_per_task, s);
  if (option == "array" || option == "a") {
    if (const auto tasks = array_tasks(value)) s.array_tasks = Placed<std::int64_t>{*tasks, place};
  }
  if (option == "job-name" || option == "J") s.name = value;
}

/// The next word of `rest`, taken off it.
std::string_view next_word(std::string_view& rest) {
  rest = trim(rest);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

/// The options of one directive: `--nodes=2`, `--nodes 2`, `-N 2`, `-N2`, several on a line.
void read_options(std::string_view rest, std::string_view line, int number, Slurm& out) {
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (!word.starts_with('-')) continue;
    const bool is_long = word.starts_with("--");
    word.remove_prefix(is_long ? 2 : 1);
    const std::size_t end = is_long ? word.find('=') : std::min<std::size_t>(1, word.size());
    const std::string_view option = word.substr(0, end);
    std::string_view value =
        end >= word.size() ? std::string_view() : word.substr(end + (is_long ? 1 : 0));
    if (value.starts_with('=')) value.remove_prefix(1);
    if (value.empty() && !trim(rest).starts_with('-')) value = next_word(rest);
    const std::size_t at = value.empty() ? 0 : static_cast<std::size_t>(value.data() - line.data());
    read_directive(option, value, {number, static_cast<int>(at) + 1}, out);
  }
}

Slurm read_directives(const SourceText& source) {
  Slurm out;
  if (source.text().find(kDirective) == std::string_view::npos) return out;
  for (int number = 1; number <= source.lines(); ++number) {
    const std::string_view line = source.line(number);
    if (!line.starts_with(kDirective)) continue;
    out.present = true;
    std::string_view rest = line.substr(kDirective.size());
    if (const std::size_t comment = rest.find(" #"); comment != std::string_view::npos)
      rest = rest.substr(0, comment);
    read_options(rest, line, number, out);
  }
  return out;
}

void give(ShellEnvironment& environment, std::string name, const Stated<std::int64_t>& value) {
  if (value) environment[std::move(name)] = shell_value(std::to_string(value->value), value->place);
}

std::string kind_of(const Slurm& slurm, const FoundEngine& found, const std::string& engine) {
  const auto has = [&](std::string_view word) {
    return std::any_of(found.command.begin(), found.command.end(), [&](const ShellWord& w) {
      const std::size_t slash = w.text.rfind('/');
      return w.text.substr(slash == std::string::npos ? 0 : slash + 1) == word;
    });
  };
  std::string out = slurm.present ? "sbatch" : "";
  const auto join = [&out](std::string_view part) {
    out += (out.empty() ? "" : "+") + std::string(part);
  };
  if (found.engine->training) {
    if (has("torchrun")) join("torchrun");
    if (has("accelerate")) join("accelerate");
    if (engine.starts_with("megatron")) join("megatron");
    if (engine == "fsdp") join("fsdp");
    if (engine == "deepspeed") join("deepspeed");
  }
  return out.empty() ? "shell" : out;
}

/// `srun --nodes=2 --gpus-per-node=8 ...` in front of the engine.
void read_srun(const FoundEngine& found, Slurm& slurm) {
  const auto srun = std::find_if(found.command.begin(), found.command.end(),
                                 [](const ShellWord& w) { return w.text == "srun"; });
  if (srun == found.command.end()) return;
  for (auto it = srun + 1; it != found.command.end() && it->text.starts_with('-'); ++it) {
    std::string_view body = it->text;
    if (!body.starts_with("--")) continue;
    body.remove_prefix(2);
    const std::size_t equals = body.find('=');
    if (equals == std::string_view::npos || !it->known()) continue;
    Slurm own;
    read_directive(body.substr(0, equals), body.substr(equals + 1), it->place, own);
    if (!slurm.nodes && own.nodes) slurm.nodes = own.nodes;
    if (!slurm.gpus_per_node && own.gpus_per_node) slurm.gpus_per_node = own.gpus_per_node;
    if (!slurm.gpus && own.gpus) slurm.gpus = own.gpus;
    if (!slurm.gpu && own.gpu) slurm.gpu = own.gpu;
  }
}

void apply_slurm(const Slurm& slurm, DeployedWorkload& w) {
  for (const UnresolvedValue& u : slurm.unresolved) w.unresolved.push_back(u);
  // Each task of a serving job array is a server of its own; in training they are runs.
  if (!w.training && !w.replicas) w.replicas = slurm.array_tasks;
  if (slurm.gpu) {
    w.gpu = slurm.gpu;
    w.gpu_key = "gres";
  }
  if (slurm.gpus_per_node) {
    w.gpus_per_pod = slurm.gpus_per_node;
    w.pods = slurm.nodes;
  } else if (slurm.gpus) {
    w.gpus_per_pod = slurm.gpus;
  } else if (slurm.gpus_per_task) {
    std::int64_t tasks = slurm.tasks ? slurm.tasks->value : 1;
    if (!slurm.tasks && slurm.tasks_per_node)
      tasks = slurm.tasks_per_node->value * (slurm.nodes ? slurm.nodes->value : 1);
    const std::int64_t nodes = slurm.nodes ? slurm.nodes->value : 1;
    w.gpus_per_pod = Placed<std::int64_t>{
        slurm.gpus_per_task->value *
            std::max<std::int64_t>(1, tasks / std::max<std::int64_t>(1, nodes)),
        slurm.gpus_per_task->place};
    w.pods = slurm.nodes;
  } else if (slurm.nodes) {
    w.pods = slurm.nodes;
    if (!w.training) w.gpus_per_pod.reset();
  }
}

std::string stem(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  return name.substr(0, name.rfind('.'));
}

}  // namespace

bool is_script(const SourceText& source) {
  const std::string_view first = source.line(1);
  if (first.starts_with("#!")) return first.find("sh") != std::string_view::npos;
  if (source.text().find("\n#SBATCH") != std::string_view::npos || first.starts_with(kDirective))
    return true;
  for (const std::string_view end : {".sh", ".bash", ".sbatch", ".slurm"}) {
    if (source.path().ends_with(end)) return true;
  }
  return false;
}

void read_script(const DeployContext& context) {
  Slurm slurm = read_directives(*context.source);
  ShellEnvironment environment;
  give(environment, "SLURM_NNODES", slurm.nodes);
  give(environment, "SLURM_JOB_NUM_NODES", slurm.nodes);
  give(environment, "SLURM_GPUS_PER_NODE", slurm.gpus_per_node);
  give(environment, "SLURM_GPUS_ON_NODE", slurm.gpus_per_node);
  give(environment, "SLURM_NTASKS", slurm.tasks);
  environment["SLURM_PROCID"] = shell_value("0");
  environment["SLURM_NODEID"] = shell_value("0");
  WrittenFiles files;
  const std::vector<FoundEngine> found =
      find_engines_in_script(context.source->text(), {1, 1}, context, environment, files);
  std::vector<std::string> seen;
  for (const FoundEngine& one : found) {
    DeployedWorkload w =
        context.workload("", slurm.name.empty() ? stem(context.source->path()) : slurm.name, {});
    w.place = one.place;
    apply_engine(one, environment, files, context, w);
    const std::string key = w.engine + "|" + (w.args.model ? w.args.model->value : "");
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      continue;  // a branch or a further rank
    seen.push_back(key);
    Slurm own = slurm;
    read_srun(one, own);
    const Stated<std::int64_t> of_container = w.gpus_per_pod;
    apply_slurm(own, w);
    if (!slurm.present && of_container) w.gpus_per_pod = of_container;
    w.kind = kind_of(slurm, one, w.engine);
    w.bare = !slurm.present;
    const auto visible = environment.find("CUDA_VISIBLE_DEVICES");
    if (!w.gpus_per_pod && visible != environment.end() && !visible->second.words.empty() &&
        visible->second.words.front().known()) {
      const ShellWord& word = visible->second.words.front();
      w.gpus_per_pod =
          Placed<std::int64_t>{static_cast<std::int64_t>(split(word.text, ',').size()), word.place};
    }
    context.add(std::move(w));
  }
}

}  // namespace gpusize
