#pragma once
// The shipped data files compiled into the binary: trees, and texts of reports.

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

/// A shipped file that is text to us: a style sheet or a script.
struct EmbeddedText {
  std::string_view path;
  std::string_view text;
};

/// The files that make the catalog, ordered by path.
std::span<const EmbeddedFile> embedded_files();
/// Trees that reports read: `words/*.yaml` and `schema/*.json`, ordered by path.
std::span<const EmbeddedFile> embedded_resources();
/// `report/*.css` and `report/*.js`, ordered by path.
std::span<const EmbeddedText> embedded_texts();

}  // namespace gpusize
