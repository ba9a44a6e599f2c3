#include "gpusize/spec/yaml_stream.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kMerge = "<<";

class Merger {
 public:
  Merger(const Document& document, const ReadLimits& limits)
      : limits_(limits), builder_(document.file()) {}

  bool copy(Node node) {
    if (++made_ > limits_.nodes) return false;
    const auto line = static_cast<std::uint32_t>(node.location().line);
    const auto column = static_cast<std::uint32_t>(node.location().column);
    switch (node.kind()) {
      case NodeKind::kNull: builder_.null(line, column); return true;
      case NodeKind::kScalar:
        builder_.scalar(node.text(), node.is_quoted(), line, column);
        return true;
      case NodeKind::kSequence:
        builder_.open_sequence(line, column);
        for (const Node child : node) {
          if (!copy(child)) return false;
        }
        builder_.close();
        return true;
      case NodeKind::kMap: break;
    }
    builder_.open_map(line, column);
    std::set<std::string, std::less<>> seen;
    for (const Node child : node) {
      if (child.key() != kMerge) seen.emplace(child.key());
    }
    if (!copy_children(node, seen, true)) return false;
    builder_.close();
    return true;
  }

  Document finish() && { return std::move(builder_).finish(); }

 private:
  /// The entries of one map: its own, then what its merge keys bring and `seen` does not hold.
  bool copy_children(Node map, std::set<std::string, std::less<>>& seen, bool own) {
    for (const Node child : map) {
      if (child.key() == kMerge) continue;
      if (!own && !seen.emplace(child.key()).second) continue;
      builder_.key(child.key());
      if (!copy(child)) return false;
    }
    const Node merged = map.find(kMerge);
    if (!merged) return true;
    if (merged.is_map()) return copy_children(merged, seen, false);
    if (!merged.is_sequence()) return true;
    for (const Node one : merged) {
      if (one.is_map() && !copy_children(one, seen, false)) return false;
    }
    return true;
  }

  ReadLimits limits_;
  DocumentBuilder builder_;
  std::uint64_t made_ = 0;
};

struct Chunk {
  std::string_view text;
  std::uint32_t lines_before = 0;
};

bool is_separator(std::string_view line) {
  if (!line.starts_with("---")) return false;
  return line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

std::vector<Chunk> split_stream(std::string_view text) {
  std::vector<Chunk> out;
  std::size_t from = 0;
  std::uint32_t line = 0;
  std::uint32_t first_line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (is_separator(text.substr(at, end - at)) && at > from) {
      out.push_back({text.substr(from, at - from), first_line});
      from = at;  // the separator opens its document: `--- {a: 1}` is allowed
      first_line = line;
    }
    at = end + 1;
    ++line;
  }
  out.push_back({text.substr(std::min(from, text.size())), first_line});
  return out;
}

/// Nothing but comments, separators and blanks.
bool is_blank(std::string_view chunk) {
  for (std::size_t at = 0; at < chunk.size();) {
    const std::size_t end = std::min(chunk.find('\n', at), chunk.size());
    const std::string_view line = trim(chunk.substr(at, end - at));
    if (!line.empty() && line.front() != '#' && line != "---" && line != "...") return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

Result<Document> resolve_merge_keys(const Document& document, const ReadLimits& limits) {
  const auto merges = [&](const DocNode& node) {
    return document.pool().substr(node.key_offset, node.key_size) == kMerge;
  };
  if (std::none_of(document.nodes().begin(), document.nodes().end(), merges)) return document;
  Merger merger(document, limits);
  if (!merger.copy(document.root())) {
    return make_error("spec-too-large", "more values than allowed once merge keys are put in",
                      document.root().location());
  }
  return std::move(merger).finish();
}

YamlStream read_yaml_stream(const SourceText& source, const ReadLimits& limits) {
  YamlStream out;
  std::string_view text = source.text();
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::string_view start = trim(text.substr(0, 256));
  if (start.starts_with('{') && !start.starts_with("{{")) {
    auto json = read_json(source.path(), text, limits);
    if (json.ok()) {
      out.documents.push_back(std::move(json).value());
      out.first_lines.push_back(1);
      return out;
    }
  }
  for (const Chunk& chunk : split_stream(text)) {
    if (is_blank(chunk.text)) continue;
    auto read = read_yaml(source.path(), chunk.text, limits, chunk.lines_before);
    if (read.ok()) read = resolve_merge_keys(*read, limits);
    if (read.ok()) {
      out.documents.push_back(std::move(read).value());
      out.first_lines.push_back(static_cast<int>(chunk.lines_before) + 1);
      continue;
    }
    UnreadDocument unread{read.errors().front(), false};
    const std::size_t braces = chunk.text.find("{{");
    if (braces != std::string_view::npos) {
      const auto before = chunk.text.substr(0, braces);
      unread.is_template = true;
      unread.why.where.line = static_cast<int>(chunk.lines_before) + 1 +
                              static_cast<int>(std::count(before.begin(), before.end(), '\n'));
      unread.why.where.column = static_cast<int>(braces - (before.rfind('\n') + 1)) + 1;
    }
    out.unread.push_back(std::move(unread));
  }
  return out;
}

}  // namespace gpusize
