#include "plan/schema_check.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

bool is_text(Node value) { return value.is_scalar() && value.is_quoted(); }

bool has_type(Node value, std::string_view type) {
  if (type == "object") return value.is_map();
  if (type == "array") return value.is_sequence();
  if (type == "null") return value.is_null();
  if (type == "string") return is_text(value);
  if (!value.is_scalar() || value.is_quoted()) return false;
  if (type == "boolean") return value.boolean().has_value();
  const auto number = value.number();
  if (type == "number") return number.has_value();
  // 3.0 is whole: JSON knows no other whole numbers.
  return type == "integer" && number &&
         static_cast<double>(static_cast<std::int64_t>(*number)) == *number;
}

std::string describe(Node value) {
  if (value.is_map()) return "an object";
  if (value.is_sequence()) return "an array";
  if (value.is_null()) return "null";
  return fmt::format("\"{}\"", printable(value.text()));
}

bool same_scalar(Node a, Node b) {
  return a.kind() == b.kind() && a.is_quoted() == b.is_quoted() && a.text() == b.text();
}

class Checker {
 public:
  explicit Checker(Node root) : root_(root) {}

  std::optional<Diagnostic> check(Node schema, Node value, const std::string& path) {
    if (!schema.is_map()) return {};
    if (const Node reference = schema.find("$ref"))
      if (auto bad = check(resolve(reference.text()), value, path)) return bad;
    if (auto bad = check_kind(schema, value, path)) return bad;
    if (auto bad = check_choices(schema, value, path)) return bad;
    if (value.is_map()) return check_object(schema, value, path);
    if (value.is_sequence()) return check_array(schema, value, path);
    return {};
  }

 private:
  static Diagnostic wrong(Node value, const std::string& path, const std::string& expected) {
    return make_error(
        "result-shape",
        fmt::format("{} is {}, expected {}", path.empty() ? "the result" : printable(path),
                    describe(value), expected),
        value.location(), "take the file as `--format json` wrote it");
  }

  std::optional<Diagnostic> check_kind(Node schema, Node value, const std::string& path) const {
    if (const Node type = schema.find("type")) {
      if (type.is_scalar() && !has_type(value, type.text()))
        return wrong(value, path, std::string(type.text()));
      if (type.is_sequence()) {
        std::string names;
        bool found = false;
        for (const Node one : type) {
          found = found || has_type(value, one.text());
          names += fmt::format("{}{}", names.empty() ? "" : " or ", one.text());
        }
        if (!found) return wrong(value, path, names);
      }
    }
    if (const Node constant = schema.find("const"); constant && !same_scalar(constant, value))
      return wrong(value, path, describe(constant));
    if (const Node choices = schema.find("enum")) {
      bool found = false;
      for (const Node one : choices) found = found || same_scalar(one, value);
      if (!found) return wrong(value, path, "one of the published names");
    }
    if (const Node least = schema.find("minimum"); least && value.is_scalar() && value.number()) {
      if (*value.number() < least.number().value_or(*value.number()))
        return wrong(value, path, fmt::format("{} or more", least.text()));
    }
    return {};
  }

  std::optional<Diagnostic> check_choices(Node schema, Node value, const std::string& path) {
    if (const Node all = schema.find("allOf")) {
      for (const Node one : all)
        if (auto bad = check(one, value, path)) return bad;
    }
    for (const char* word : {"anyOf", "oneOf"}) {
      const Node choices = schema.find(word);
      if (!choices) continue;
      std::optional<Diagnostic> last;
      for (const Node one : choices) {
        last = check(one, value, path);
        if (!last) break;
      }
      if (last) return last;
    }
    return {};
  }

  std::optional<Diagnostic> check_object(Node schema, Node value, const std::string& path) {
    if (const Node required = schema.find("required")) {
      for (const Node name : required) {
        if (!value.find(name.text()))
          return make_error("result-shape",
                            fmt::format("{} has no \"{}\"",
                                        path.empty() ? "the result" : printable(path), name.text()),
                            value.location(), "take the file as `--format json` wrote it");
      }
    }
    const Node properties = schema.find("properties");
    const Node others = schema.find("additionalProperties");
    for (const Node child : value) {
      const Node rule = properties ? properties.find(child.key()) : Node{};
      if (!rule && !others) continue;
      if (auto bad = check(rule ? rule : others, child, fmt::format("{}/{}", path, child.key())))
        return bad;
    }
    return {};
  }

  std::optional<Diagnostic> check_array(Node schema, Node value, const std::string& path) {
    if (const Node least = schema.find("minItems"))
      if (static_cast<double>(value.size()) < least.number().value_or(0.0))
        return wrong(value, path, fmt::format("{} or more items", least.text()));
    const Node items = schema.find("items");
    if (!items) return {};
    std::size_t index = 0;
    for (const Node child : value)
      if (auto bad = check(items, child, fmt::format("{}/{}", path, index++))) return bad;
    return {};
  }

  /// `#/$defs/name`.
  Node resolve(std::string_view reference) const {
    Node node = root_;
    for (const std::string& step : split(reference, '/')) {
      if (step == "#" || step.empty()) continue;
      node = node && node.is_map() ? node.find(step) : Node{};
    }
    return node ? node : root_.find("$schema");
  }

  Node root_;
};

}  // namespace

std::optional<Diagnostic> check_schema(Node schema, Node value) {
  return Checker(schema).check(schema, value, "");
}

}  // namespace gpusize
