#pragma once
// `docker run` (podman, nerdctl) in scripts: the container's image, GPUs, environment and command.

#include <optional>
#include <span>
#include <vector>

#include "gpusize/spec/deployed.hpp"
#include "gpusize/spec/shell_words.hpp"

namespace gpusize {

struct ContainerRun {
  ShellWord image;
  std::vector<ShellWord> command;  ///< entry point, if stated, and what follows the image
  bool has_entry = false;          ///< the image's own entry point is replaced
  Stated<std::int64_t> gpus;       ///< nothing: not stated, or all of the host
  bool shared_memory = false;      ///< /dev/shm is enlarged or the host's
};

/// The run that `words` start, or nothing. `-e NAME=value` goes to `environment`.
std::optional<ContainerRun> read_container_run(std::span<const ShellWord> words,
                                               ShellEnvironment& environment);

}  // namespace gpusize
