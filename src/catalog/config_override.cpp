#include "catalog/config_override.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "catalog/config_fields.hpp"
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

/// Where bare names go: the language model's map of a wrapper, else the config itself.
std::string language_key(Node config) {
  for (const std::string_view key : {"text_config", "language_config", "llm_config"}) {
    const Node inner = config.find(key);
    if (inner && inner.is_map() && inner.size() > 0) return std::string(key);
  }
  return {};
}

/// A nested name must be in the file already: nobody could tell whether a new one has any effect.
Diagnostic unknown_nested(const std::string& name, Node deepest, const std::string& prefix) {
  std::vector<std::string> known;
  if (deepest && deepest.is_map()) {
    for (const Node child : deepest) known.push_back(prefix + std::string(child.key()));
  }
  return make_error("cat-model-unknown-override",
                    fmt::format("the file has no \"{}\"", shown(name)), {},
                    did_you_mean(name, known));
}

class Resolver {
 public:
  explicit Resolver(Node root) {
    const Node entry = root.find("schema") ? root.find("config") : Node{};
    config_ = entry ? entry : root;
    if (entry) base_.emplace_back("config");
    language_ = language_key(config_);
  }

  /// The place of an override, or what is wrong with it.
  Result<Target> operator()(const ConfigOverride& o) const {
    Target target{base_, o.value, false};
    std::vector<std::string> parts = split(o.name, '.');
    const bool nested = parts.size() > 1;
    if (!nested && !language_.empty()) parts.insert(parts.begin(), language_);
    Node at = config_;
    std::string prefix;
    for (const std::string& part : parts) {
      target.path.push_back(part);
      const Node inner = at.find(part);
      if (!inner && nested) return unknown_nested(o.name, at, prefix);
      at = inner;
      if (!at) break;
      prefix += part + ".";
    }
    if (!at) at = config_.find(parts.back());  // a field of the wrapper, seen through
    if (at && !at.is_scalar() && !at.is_null()) {
      return make_error("cat-model-override",
                        fmt::format("\"{}\" is a list or map and cannot be set", shown(o.name)));
    }
    return target;
  }

 private:
  Node config_;
  std::vector<std::string> base_;
  std::string language_;
};

}  // namespace

Result<Document> apply_overrides(const Document& document,
                                 const std::vector<ConfigOverride>& overrides) {
  const Node root = document.root();
  const Resolver resolve(root);
  std::vector<Target> targets;
  Diagnostics problems;
  for (const ConfigOverride& o : overrides) {
    Result<Target> target = resolve(o);
    if (target) {
      targets.push_back(std::move(target).value());
    } else {
      problems.insert(problems.end(), target.errors().begin(), target.errors().end());
    }
  }
  if (!problems.empty()) return problems;
  return Rewriter(document.file(), targets).run(root);
}

}  // namespace gpusize
