#pragma once
// One per source file; the table is in targets.cpp.

#include "gpusize/manifest/manifest.hpp"

namespace gpusize {

Result<std::string> write_command(const Manifest& manifest);
Result<std::string> write_compose(const Manifest& manifest);
Result<std::string> write_helm_vllm(const Manifest& manifest);
Result<std::string> write_k8s(const Manifest& manifest);
Result<std::string> write_kserve(const Manifest& manifest);
Result<std::string> write_lws(const Manifest& manifest);
Result<std::string> write_slurm(const Manifest& manifest);

/// `manifest-target-nodes` when a replica has several nodes, which `target` cannot start.
std::optional<Diagnostic> needs_one_node(const Manifest& manifest, std::string_view target,
                                         std::string hint);
/// `manifest-target-part` when a replica has a part of a card, which `target` cannot ask for.
std::optional<Diagnostic> needs_whole_cards(const Manifest& manifest, std::string_view target);

}  // namespace gpusize
