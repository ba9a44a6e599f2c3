#include "catalog/config_fields.hpp"

#include <utility>

#include <fmt/format.h>

namespace gpusize {

ConfigFields::ConfigFields(Node language, Node outer, Diagnostics& out)
    : language_(language, "the model config", "cat-model", out), outer_(outer), out_(out) {}

Node ConfigFields::node(std::string_view name) {
  asked_.emplace_back(name);
  return language_.node(name);
}

bool ConfigFields::has(std::string_view name) { return static_cast<bool>(node(name)); }

Node ConfigFields::node_or_outer(std::string_view name) {
  if (const Node own = node(name)) return own;
  const Node behind = outer_.find(name);
  return behind && !behind.is_null() ? behind : Node{};
}

std::string_view ConfigFields::spelling(Names names) {
  std::string_view found;
  for (const std::string_view name : names) {
    if (has(name) && found.empty()) found = name;
  }
  return found;
}

std::optional<std::int64_t> ConfigFields::integer(Names names, Bounds bounds) {
  const std::string_view name = spelling(names);
  if (name.empty()) return {};
  return language_.integer(name, bounds);
}

std::int64_t ConfigFields::integer_or(Names names, Bounds bounds, std::int64_t otherwise) {
  return integer(names, bounds).value_or(otherwise);
}

std::int64_t ConfigFields::required(Names names, Bounds bounds) {
  const std::string_view name = spelling(names);
  const auto low = static_cast<std::int64_t>(bounds.low);
  if (name.empty()) {
    error("missing", fmt::format("the model config has no \"{}\"", *names.begin()), language());
    return low;
  }
  return language_.integer(name, bounds).value_or(low);
}

std::optional<bool> ConfigFields::flag(std::string_view name) {
  if (!has(name)) return {};
  return language_.boolean(name);
}

bool ConfigFields::flag_or(std::string_view name, bool otherwise) {
  return flag(name).value_or(otherwise);
}

std::string ConfigFields::word(std::string_view name) {
  if (!has(name)) return {};
  return language_.text(name).value_or("");
}

std::vector<std::int64_t> ConfigFields::integers(std::string_view name, Bounds bounds) {
  std::vector<std::int64_t> out;
  const Node list = node(name);
  if (!list) return out;
  if (!list.is_sequence()) {
    error("type", fmt::format("\"{}\" must be a list of whole numbers", name), list);
    return out;
  }
  for (const Node item : list) {
    const auto value = item.integer();
    const auto as_double = static_cast<double>(value.value_or(0));
    if (!value || as_double < bounds.low || as_double > bounds.high) {
      error("range",
            fmt::format("\"{}\" holds an entry that is not a whole number from {} to {}", name,
                        bounds.low, bounds.high),
            item);
      return {};
    }
    out.push_back(*value);
  }
  return out;
}

std::vector<std::string> ConfigFields::words(std::string_view name) {
  if (!has(name)) return {};
  return language_.texts(name);
}

void ConfigFields::ignore(Names names) {
  for (const std::string_view name : names) node(name);
}

void ConfigFields::error(std::string_view suffix, std::string message, Node at, std::string hint) {
  out_.push_back(make_error(fmt::format("cat-model-{}", suffix), std::move(message),
                            at ? at.location() : language().location(), std::move(hint)));
}

}  // namespace gpusize
