#include "catalog/config_override.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// Where an override lands: the path of maps from the root, then the field.
struct Target {
  std::vector<std::string> path;
  std::string value;
  bool done = false;
};

class Rewriter {
 public:
  Rewriter(std::string file, std::vector<Target>& targets)
      : builder_(std::move(file)), targets_(targets) {}

  Document run(Node root) && {
    std::vector<std::string> path;
    copy(root, path);
    return std::move(builder_).finish();
  }

 private:
  static std::uint32_t line(Node n) { return static_cast<std::uint32_t>(n.location().line); }
  static std::uint32_t column(Node n) { return static_cast<std::uint32_t>(n.location().column); }

  Target* target_at(const std::vector<std::string>& path) {
    Target* last = nullptr;  // the last of several settings of one field wins
    for (Target& t : targets_) {
      if (t.path == path) last = &t;
    }
    return last;
  }

  void put(std::string_view key, const std::string& value, std::uint32_t at_line) {
    builder_.key(key);
    if (value == "null") {
      builder_.null(at_line, 0);
    } else {
      builder_.scalar(value, false, at_line, 0);
    }
  }

  void copy(Node node, std::vector<std::string>& path) {
    switch (node.kind()) {
      case NodeKind::kNull: builder_.null(line(node), column(node)); return;
      case NodeKind::kScalar:
        builder_.scalar(node.text(), node.is_quoted(), line(node), column(node));
        return;
      case NodeKind::kSequence:
        builder_.open_sequence(line(node), column(node));
        path.emplace_back("[]");
        for (const Node item : node) copy(item, path);
        path.pop_back();
        builder_.close();
        return;
      case NodeKind::kMap: copy_map(node, path); return;
    }
  }

  void copy_map(Node node, std::vector<std::string>& path) {
    builder_.open_map(line(node), column(node));
    for (const Node child : node) {
      path.emplace_back(child.key());
      if (Target* target = target_at(path)) {
        put(child.key(), target->value, line(child));
        mark(path);
      } else {
        builder_.key(child.key());
        copy(child, path);
      }
      path.pop_back();
    }
    add_new(path, line(node));
    builder_.close();
  }

  /// Fields of this map that the file does not have.
  void add_new(std::vector<std::string>& path, std::uint32_t at_line) {
    for (const Target& t : targets_) {
      if (t.done || t.path.size() != path.size() + 1 ||
          !std::equal(path.begin(), path.end(), t.path.begin()))
        continue;
      const std::vector<std::string> where = t.path;
      put(where.back(), target_at(where)->value, at_line);
      mark(where);
    }
  }

  void mark(const std::vector<std::string>& path) {
    for (Target& t : targets_) {
      if (t.path == path) t.done = true;
    }
  }

  DocumentBuilder builder_;
  std::vector<Target>& targets_;
};

}  // namespace

Result<Document> apply_overrides(const Document& document,
                                 const std::vector<ConfigOverride>& overrides) {
  const Node root = document.root();
  const Node entry = root.find("schema") ? root.find("config") : Node{};
  const Node config = entry ? entry : root;
  std::vector<std::string> base;
  if (entry) base.emplace_back("config");
  std::string language;
  for (const std::string_view key : {"text_config", "language_config", "llm_config"}) {
    const Node inner = config.find(key);
    if (language.empty() && inner && inner.is_map() && inner.size() > 0) language = key;
  }
  std::vector<Target> targets;
  Diagnostics problems;
  for (const ConfigOverride& o : overrides) {
    Target target{base, o.value, false};
    std::vector<std::string> parts = split(o.name, '.');
    Node at = config;
    if (parts.size() == 1 && !language.empty()) parts.insert(parts.begin(), language);
    for (const std::string& part : parts) {
      target.path.push_back(part);
      at = at ? at.find(part) : Node{};
    }
    if (at && !at.is_scalar() && !at.is_null()) {
      problems.push_back(make_error(
          "cat-model-override", fmt::format("\"{}\" is a list or map and cannot be set", o.name)));
    }
    targets.push_back(std::move(target));
  }
  if (!problems.empty()) return problems;
  return Rewriter(document.file(), targets).run(root);
}

}  // namespace gpusize
