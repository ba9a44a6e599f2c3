// A training option as a job: Slurm, a JobSet that Kueue admits, or the launcher's command line.

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/plan/train_document.hpp"
#include "manifest/kubernetes_parts.hpp"
#include "manifest/megatron_arguments.hpp"
#include "manifest/selection.hpp"
#include "manifest/serving_data.hpp"
#include "manifest/shell_text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kFramework = "megatron-core";
constexpr std::string_view kPort = "29500";  // torchrun's own
constexpr const char* kDataFolder = "/data";

/// The job: `m` holds what it has in common with serving.
struct TrainingJob {
  Manifest m;
  std::vector<EngineOption> arguments;
};

/// torchrun on one node; texts are what a shell or Kubernetes puts in.
EngineCommand launcher(const TrainingJob& job, const std::string& rank, const std::string& leader,
                       const std::string& data) {
  EngineCommand out;
  out.program = {"torchrun", fmt::format("--nproc-per-node={}", job.m.gpus_per_node),
                 fmt::format("--nnodes={}", job.m.nodes)};
  if (job.m.nodes > 1) {
    out.program.push_back("--node-rank=" + rank);
    out.program.push_back("--master-addr=" + leader);
    out.program.push_back(fmt::format("--master-port={}", kPort));
  }
  out.program.push_back("pretrain_gpt.py");
  out.options = job.arguments;
  out.options.push_back({"data-path", data});
  return out;
}

std::string comments(const Manifest& m) {
  return fmt::format(
      "# {}\n# {}\n# Learning rate, tokenizer's files, checkpoints and logging are yours to add\n",
      m.summary, reader_note(m));
}

Result<std::string> write_slurm_job(const TrainingJob& job) {
  const Manifest& m = job.m;
  std::string out = "#!/usr/bin/env bash\n";
  out += fmt::format("#SBATCH --job-name={}\n#SBATCH --nodes={}\n#SBATCH --ntasks-per-node=1\n",
                     m.name, m.nodes);
  out += fmt::format("#SBATCH --gpus-per-node={}\n", m.gpus_per_node);
  if (m.gpus_per_node == m.card.node_gpus) out += "#SBATCH --exclusive\n";
  out += comments(m) + "set -euo pipefail\n: \"${DATA_PATH:?tokenised data}\"\n";
  std::string before = "srun ";
  if (!m.image.empty())
    before += fmt::format("apptainer exec {} docker://{} ",
                          m.card.vendor == "amd" ? "--rocm" : "--nv", m.image);
  if (m.nodes == 1) return out + shell_command(launcher(job, "", "", "$DATA_PATH"), before, "  ");
  out += "export HEAD=$(scontrol show hostnames \"$SLURM_JOB_NODELIST\" | head -n 1)\n";
  const std::string script =
      shell_command(launcher(job, "\"$SLURM_NODEID\"", "\"$HEAD\"", "$DATA_PATH"), "exec ", "  ");
  return out + before + "bash -c " + shell_word(script) + "\n";
}

Result<std::string> write_command_line(const TrainingJob& job) {
  const Manifest& m = job.m;
  std::string out = "#!/usr/bin/env bash\n" + comments(m);
  if (m.nodes > 1)
    out += fmt::format("# On each of {} nodes: NODE_RANK 0 to {}, MASTER_ADDR of the first\n",
                       m.nodes, m.nodes - 1);
  return out + "set -euo pipefail\n" +
         shell_command(
             launcher(job, "\"${NODE_RANK:?}\"", "\"${MASTER_ADDR:?}\"", "${DATA_PATH:?}"), "exec ",
             "  ");
}

Tree trainer_pod(const TrainingJob& job) {
  const Manifest& m = job.m;
  // A JobSet's pods are known by name: jobset, job, its index, the pod's index.
  const EngineCommand command = launcher(job, "$(JOB_COMPLETION_INDEX)",
                                         fmt::format("{0}-node-0-0.{0}", m.name), kDataFolder);
  Tree container{{"name", "trainer"}, {"image", m.image}};
  container["command"] = Tree::array({command.program.front()});
  Tree words = Tree::array();
  for (std::size_t i = 1; i < command.program.size(); ++i) words.push_back(command.program[i]);
  for (const std::string& word : command.arguments()) words.push_back(word);
  container["args"] = words;
  container["resources"] = {{"limits", {{m.card.resource, m.gpus_per_node}}}};
  container["volumeMounts"] =
      Tree::array({{{"name", "shm"}, {"mountPath", "/dev/shm"}},
                   {{"name", "data"}, {"mountPath", kDataFolder}, {"readOnly", true}}});
  Tree pod{{"restartPolicy", "Never"}};
  select_nodes(pod, m.card);
  pod["containers"] = Tree::array({container});
  pod["volumes"] =
      Tree::array({shared_memory_volume(m),
                   {{"name", "data"}, {"persistentVolumeClaim", {{"claimName", m.cache_claim}}}}});
  return pod;
}

Result<std::string> write_jobset(const TrainingJob& job) {
  const Manifest& m = job.m;
  if (m.image.empty())
    return make_error("manifest-image", "no image with Megatron-LM is known", {},
                      "name one that has torchrun and pretrain_gpt.py: --image REPOSITORY:TAG");
  if (m.cache_claim.empty())
    return make_error("manifest-data", "a job reads its tokens from a volume", {},
                      "name the PersistentVolumeClaim that holds them: --cache-claim NAME");
  Tree pods{{"metadata", {{"labels", pod_labels(m)}}}, {"spec", trainer_pod(job)}};
  Tree node{{"name", "node"}, {"replicas", 1}};
  node["template"] = {{"spec",
                       {{"parallelism", m.nodes},
                        {"completions", m.nodes},
                        {"completionMode", "Indexed"},
                        {"backoffLimit", 0},
                        {"template", pods}}}};
  Tree out{{"apiVersion", "jobset.x-k8s.io/v1alpha2"}, {"kind", "JobSet"}};
  out["metadata"] = object_metadata(m, true);
  out["spec"] = {{"network", {{"enableDNSHostnames", true}}},
                 {"replicatedJobs", Tree::array({node})}};
  return yaml_text(with_comments(m, out));
}

struct TrainTarget {
  std::string_view name;
  Result<std::string> (*write)(const TrainingJob& job);
};
constexpr auto kTargets = std::to_array<TrainTarget>(
    {{"k8s", write_jobset}, {"slurm", write_slurm_job}, {"command", write_command_line}});

/// Nodes and cards of each.
std::optional<Diagnostic> set_nodes(Manifest& m, std::int64_t gpus) {
  const std::int64_t node = std::max<std::int64_t>(1, m.card.node_gpus);
  m.nodes = (gpus + node - 1) / node;
  if (gpus % m.nodes != 0)
    return make_error("manifest-layout",
                      fmt::format("{} GPUs do not divide over nodes of {}", gpus, node));
  m.gpus_per_node = gpus / m.nodes;
  return {};
}

Result<TrainingJob> make_job(const Catalog& catalog, const ModelSpec& model, const Document& plan,
                             const ManifestRequest& request) {
  const auto node = plan_option(plan, request.rank);
  if (!node.ok()) return node.errors();
  const auto inputs = read_train_request(plan.root().find("inputs"));
  if (!inputs.ok()) return inputs.errors();
  Diagnostics problems;
  const TrainFields option = read_train_option(*node, problems);
  if (has_errors(problems)) return problems;
  if (option.framework != kFramework)
    return make_error("manifest-train-framework",
                      fmt::format("no launch of {} is written", printable(option.framework)), {},
                      fmt::format("gpusize train --framework {} plans with one", kFramework));
  const auto card = find_card(catalog, option.gpu);
  if (!card.ok()) return card.errors();
  const auto data = read_serving_data(catalog);
  if (!data.ok()) return data.errors();
  auto arguments = megatron_arguments(model, option, *inputs);
  if (!arguments.ok()) return arguments.errors();
  if (!request.image.empty() && !is_plain_reference(request.image))
    return make_error("manifest-reference",
                      fmt::format("\"{}\" is no name of an image", printable(request.image)), {},
                      "letters, digits and . _ - / : @ + ~ =");
  TrainingJob job{{}, std::move(arguments).value()};
  Manifest& m = job.m;
  m.card = card->selection;
  const auto known = catalog.find_model(model.id);
  if (known.ok() && known->entry->id == model.id) m.model_id = model.id;
  m.name = label_name(request.name.empty() ? "train-" + model.id : request.name);
  m.name_space = request.name_space;
  m.image = request.image;
  m.queue = request.queue;
  m.cache_claim = request.cache_claim;
  if (auto bad = set_nodes(m, option.gpus)) return *bad;
  m.shared_memory_gib = static_cast<std::int64_t>(
      std::ceil(data->shared_memory_gib_per_gpu.value * static_cast<double>(m.gpus_per_node)));
  m.summary = fmt::format(
      "{}: tp{} pp{} cp{} ep{} dp{} on {} x {} ({}), option {} of a training plan for {:g} tokens",
      m.name, option.tp, option.pp, option.cp, option.ep, option.dp, option.gpus, option.gpu,
      option.framework, request.rank, inputs->tokens);
  return job;
}

}  // namespace

Result<std::string> training_file(const Catalog& catalog, const ModelSpec& model,
                                  const Document& plan, const ManifestRequest& request,
                                  const std::string& target) {
  std::string names;
  for (const TrainTarget& row : kTargets) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
    if (row.name != target) continue;
    const auto job = make_job(catalog, model, plan, request);
    if (!job.ok()) return job.errors();
    return row.write(*job);
  }
  return make_error("manifest-target", fmt::format("no training job is written for {}", target), {},
                    "one of: " + names);
}

}  // namespace gpusize
