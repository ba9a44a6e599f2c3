#include "catalog/config_fields.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 400;
  if (text.size() <= kMost) return printable(text);
  const std::string_view front = text.substr(0, kMost);
  return printable(front.substr(0, find_invalid_utf8(front))) + "...";
}

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
    if (!has(name)) continue;
    if (found.empty()) {
      found = name;
    } else {
      shadowed_.push_back({std::string(name), std::string(found)});
    }
  }
  return found;
}

std::vector<ShadowedField> ConfigFields::shadowed() const {
  std::vector<ShadowedField> out;
  for (const ShadowedField& s : shadowed_) {
    const auto uses = std::count(asked_.begin(), asked_.end(), s.name);
    const auto passed = std::count_if(shadowed_.begin(), shadowed_.end(),
                                      [&](const ShadowedField& o) { return o.name == s.name; });
    if (uses == passed) out.push_back(s);
  }
  return out;
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

void ConfigFields::error(std::string_view suffix, const std::string& message, Node at,
                         std::string hint) {
  out_.push_back(make_error(fmt::format("cat-model-{}", suffix), shown(message),
                            at ? at.location() : language().location(), std::move(hint)));
}

}  // namespace gpusize
