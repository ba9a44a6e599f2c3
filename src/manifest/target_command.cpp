// The command line of one replica, as a script.

#include <fmt/format.h>

#include "manifest/shell_text.hpp"
#include "manifest/targets.hpp"

namespace gpusize {

Result<std::string> write_command(const Manifest& m) {
  if (auto bad = needs_whole_cards(m, "a command line")) return *bad;
  if (m.nodes > 1 && m.engine == "tensorrt-llm")
    return *needs_one_node(m, "the command line of TensorRT-LLM",
                           "its nodes are joined by MPI: --target slurm");
  const Rendezvous node{false, "${NODE_RANK:-0}", "${MASTER_ADDR:-localhost}", "0"};
  if (m.nodes > 1 && m.engine == "vllm" && m.settings.layout.dp > 1)
    return *needs_one_node(
        m, "one command line",
        "nodes of data-parallel vLLM have different ones: --target lws or slurm");
  const auto command = engine_command(m, "", m.nodes > 1 ? &node : nullptr);
  if (!command.ok()) return command.errors();
  std::string out = "#!/usr/bin/env bash\n" + header_comments(m);
  if (m.replicas > 1)
    out += fmt::format("# One replica of {}, each on {} GPUs of its own\n", m.replicas,
                       m.nodes * m.gpus_per_node);
  if (m.nodes > 1)
    out += fmt::format("# On each of {} nodes: NODE_RANK 0 to {}, MASTER_ADDR of the first\n",
                       m.nodes, m.nodes - 1);
  return out + "set -euo pipefail\n" + shell_file(*command) +
         shell_command(*command, "exec ", "  ");
}

}  // namespace gpusize
