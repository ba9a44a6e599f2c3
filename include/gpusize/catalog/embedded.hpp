#pragma once
// The shipped data files as trees compiled into the binary.

#include <span>
#include <string_view>

#include "gpusize/core/document.hpp"

namespace gpusize {

/// One data file, path relative to the data folder (`gpus/t4.yaml`).
struct EmbeddedFile {
  std::string_view path;
  std::span<const DocNode> nodes;
  std::string_view pool;
};

/// All of them, ordered by path.
std::span<const EmbeddedFile> embedded_files();

}  // namespace gpusize
