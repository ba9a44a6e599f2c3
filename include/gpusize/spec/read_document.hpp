#pragma once
// Text to Document: YAML and JSON, with places, duplicate keys rejected, and bounds on size, depth
// and alias expansion so that a hostile file costs little.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// Bounds on one document.
struct ReadLimits {
  std::uint64_t file_bytes = 64ULL * 1024 * 1024;
  std::uint32_t nodes = 4'000'000;  ///< after alias expansion
  std::uint32_t depth = 256;
};

/// Why `path` is no regular file (missing, a folder, a pipe or device, which may give nothing for
/// ever or everything), as `spec-unreadable`.
std::optional<Diagnostic> no_regular_file(const std::string& path);

/// The bytes of a file, or `spec-unreadable` / `spec-too-large`.
Result<std::string> read_file(const std::string& path, const ReadLimits& limits = {});

/// One YAML document. Duplicate keys, several documents and tabs as indentation are errors.
/// `lines_before` shifts every place: the text is part of a longer file.
Result<Document> read_yaml(const std::string& file, std::string_view text,
                           const ReadLimits& limits = {}, std::uint32_t lines_before = 0);

/// One JSON document (RFC 8259; NaN and Infinity rejected, duplicate keys are errors).
Result<Document> read_json(std::string file, std::string_view text, const ReadLimits& limits = {});

/// A YAML or JSON file, by its ending (.json: JSON, else YAML).
Result<Document> read_document(const std::string& path, const ReadLimits& limits = {});

}  // namespace gpusize
