#include "gpusize/core/map_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

std::string kind_name(Node node) {
  switch (node.kind()) {
    case NodeKind::kNull: return "nothing";
    case NodeKind::kSequence: return "a list";
    case NodeKind::kMap: return "a map";
    case NodeKind::kScalar: break;
  }
  constexpr std::size_t kShown = 40;
  std::string_view text = node.text();
  if (text.size() <= kShown) return fmt::format("\"{}\"", text);
  text = text.substr(0, kShown);
  text = text.substr(0, find_invalid_utf8(text));  // not in the middle of a character
  return fmt::format("\"{}...\"", text);
}

}  // namespace

MapReader::MapReader(Node map, std::string what, std::string code, Diagnostics& out)
    : map_(map), what_(std::move(what)), code_(std::move(code)), out_(out) {
  if (map_ && !map_.is_map()) {
    error("type", fmt::format("{} must be a map, found {}", what_, kind_name(map_)), map_);
  }
}

void MapReader::error(std::string_view suffix, std::string message, Node at, std::string hint) {
  out_.push_back(make_error(fmt::format("{}-{}", code_, suffix), std::move(message),
                            at ? at.location() : map_.location(), std::move(hint)));
}

Node MapReader::node(std::string_view key) {
  known_.emplace_back(key);
  const Node found = map_.find(key);
  return found && !found.is_null() ? found : Node{};
}

Node MapReader::required(std::string_view key) {
  const Node found = node(key);
  // Where the map itself is something else, that has been said already.
  const bool is_map = !map_ || map_.is_map();
  if (!found && is_map) error("missing", fmt::format("{} has no \"{}\"", what_, key), map_);
  return found;
}

std::optional<std::string> MapReader::text(std::string_view key) {
  const Node value = node(key);
  if (!value) return {};
  if (!value.is_scalar()) {
    error("type", fmt::format("\"{}\" must be text, found {}", key, kind_name(value)), value);
    return {};
  }
  return std::string(value.text());
}

std::optional<double> MapReader::checked(Node value, std::optional<double> number, Bounds bounds,
                                         std::string_view expected) {
  if (!number) {
    error("type",
          fmt::format("\"{}\" must be {}, found {}", value.key(), expected, kind_name(value)),
          value);
    return {};
  }
  if (*number < bounds.low || *number > bounds.high) {
    error("range",
          fmt::format("\"{}\" is {}, expected {} to {}", value.key(), value.text(), bounds.low,
                      bounds.high),
          value);
    return {};
  }
  return number;
}

std::optional<double> MapReader::number(std::string_view key, Bounds bounds) {
  const Node value = node(key);
  if (!value) return {};
  return checked(value, value.number(), bounds, "a number");
}

std::optional<std::int64_t> MapReader::integer(std::string_view key, Bounds bounds) {
  const Node value = node(key);
  if (!value) return {};
  const auto whole = value.integer();
  if (!checked(value, whole ? std::optional<double>(static_cast<double>(*whole)) : std::nullopt,
               bounds, "a whole number")) {
    return {};
  }
  return whole;
}

std::optional<bool> MapReader::boolean(std::string_view key) {
  const Node value = node(key);
  if (!value) return {};
  const auto flag = value.boolean();
  if (!flag) {
    error("type", fmt::format("\"{}\" must be true or false, found {}", key, kind_name(value)),
          value);
  }
  return flag;
}

std::vector<std::string> MapReader::texts(std::string_view key) {
  const Node value = node(key);
  if (!value) return {};
  if (value.is_scalar()) return {std::string(value.text())};
  std::vector<std::string> out;
  if (!value.is_sequence()) {
    error("type", fmt::format("\"{}\" must be a list, found {}", key, kind_name(value)), value);
    return out;
  }
  for (const Node item : value) {
    if (item.is_scalar()) {
      out.emplace_back(item.text());
    } else {
      error("type", fmt::format("\"{}\" must hold texts, found {}", key, kind_name(item)), item);
    }
  }
  return out;
}

std::string MapReader::required_text(std::string_view key) {
  if (!required(key)) return {};
  return text(key).value_or("");
}

double MapReader::required_number(std::string_view key, Bounds bounds) {
  if (!required(key)) return bounds.low;
  return number(key, bounds).value_or(bounds.low);
}

std::int64_t MapReader::required_integer(std::string_view key, Bounds bounds) {
  if (!required(key)) return static_cast<std::int64_t>(bounds.low);
  return integer(key, bounds).value_or(static_cast<std::int64_t>(bounds.low));
}

std::vector<Node> MapReader::unknown() const {
  std::vector<Node> out;
  if (!map_ || !map_.is_map()) return out;
  for (const Node child : map_) {
    if (std::find(known_.begin(), known_.end(), child.key()) == known_.end()) out.push_back(child);
  }
  return out;
}

void MapReader::reject_unknown() {
  constexpr std::size_t kMost = 20;
  const std::vector<Node> nodes = unknown();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node child = nodes[i];
    if (i == kMost) {
      error("unknown-key",
            fmt::format("{} has {} more unknown fields", what_, nodes.size() - kMost), child);
      return;
    }
    error("unknown-key", fmt::format("{} has no field \"{}\"", what_, child.key()), child,
          did_you_mean(child.key(), known_));
  }
}

}  // namespace gpusize
