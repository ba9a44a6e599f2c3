#pragma once
// Files of several YAML documents, as Kubernetes takes them: merge keys put in, a document that is
// an un-rendered template or broken told apart from the others instead of spoiling them.

#include <string>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/spec/read_document.hpp"
#include "gpusize/spec/source_text.hpp"

namespace gpusize {

/// Text between two `---` lines that could not be read.
struct UnreadDocument {
  Diagnostic why;
  bool is_template = false;  ///< it holds `{{`: a chart or a template, not a manifest
};

struct YamlStream {
  std::vector<Document> documents;
  std::vector<int> first_lines;  ///< of each document, comments above it included
  std::vector<UnreadDocument> unread;
};

/// All documents of `source` (`---` separates; empty ones are left out). JSON text is one document.
YamlStream read_yaml_stream(const SourceText& source, const ReadLimits& limits = {});

/// The document with every merge key (`<<: *base`, `<<: [*a, *b]`) replaced by what it brings in.
/// Keys of the map itself win, then earlier maps of the list. Fails when the result is too large.
Result<Document> resolve_merge_keys(const Document& document, const ReadLimits& limits = {});

}  // namespace gpusize
