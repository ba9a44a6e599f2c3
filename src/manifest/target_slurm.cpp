// A Slurm job: one array task is one replica, one task a node.

#include <fmt/format.h>

#include "manifest/shell_text.hpp"
#include "manifest/targets.hpp"

namespace gpusize {
namespace {

std::string directives(const Manifest& m) {
  std::string out;
  const auto add = [&](std::string_view text) { out += fmt::format("#SBATCH --{}\n", text); };
  add("job-name=" + m.name);
  if (m.replicas > 1) add(fmt::format("array=0-{}", m.replicas - 1));
  add(fmt::format("nodes={}", m.nodes));
  add(fmt::format("ntasks-per-node={}", m.engine == "tensorrt-llm" ? m.gpus_per_node : 1));
  add(fmt::format("gpus-per-node={}", m.gpus_per_node));
  if (m.gpus_per_node == m.card.node_gpus) add("exclusive");
  return out;
}

std::string container(const Manifest& m) {
  return fmt::format("apptainer exec {} docker://{} ", m.card.vendor == "amd" ? "--rocm" : "--nv",
                     m.image);
}

/// The engine on every node of the job, each under its rank.
Result<std::string> several_nodes(const Manifest& m) {
  const std::int64_t ranks = m.settings.layout.dp / m.nodes;
  const Rendezvous leader{false, "0", "$HEAD", "0"};
  const Rendezvous worker{true, "$SLURM_NODEID", "$HEAD",
                          fmt::format("$((SLURM_NODEID*{}))", ranks)};
  const auto first = engine_command(m, "", &leader);
  if (!first.ok()) return first.errors();
  const auto others = engine_command(m, "", &worker);
  if (!others.ok()) return others.errors();
  std::string script = "if [ \"$SLURM_NODEID\" -eq 0 ]; then\n" +
                       shell_command(*first, "  exec ", "    ") + "else\n" +
                       shell_command(*others, "  exec ", "    ") + "fi\n";
  return "export HEAD=$(scontrol show hostnames \"$SLURM_JOB_NODELIST\" | head -n 1)\nsrun " +
         container(m) + "bash -c " + shell_word(script) + "\n";
}

}  // namespace

Result<std::string> write_slurm(const Manifest& m) {
  if (auto bad = needs_whole_cards(m, "a Slurm job")) return *bad;
  std::string out =
      "#!/usr/bin/env bash\n" + directives(m) + header_comments(m) + "set -euo pipefail\n";
  if (m.nodes > 1 && m.engine != "tensorrt-llm") {
    const auto rest = several_nodes(m);
    if (!rest.ok()) return rest.errors();
    return out + *rest;
  }
  const auto command = engine_command(m, "");
  if (!command.ok()) return command.errors();
  // TensorRT-LLM has one task a GPU; its launcher joins them by MPI.
  const bool mpi = m.engine == "tensorrt-llm" && m.nodes * m.gpus_per_node > 1;
  return out + shell_file(*command) +
         shell_command(*command,
                       (mpi ? "srun --mpi=pmix " : "srun ") + container(m) +
                           (mpi ? "trtllm-llmapi-launch " : ""),
                       "  ");
}

}  // namespace gpusize
