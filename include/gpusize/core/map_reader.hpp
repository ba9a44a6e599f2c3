#pragma once
// Reads the fields of one map with types and bounds, collecting every problem with its place and
// a near match, instead of stopping at the first.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/document.hpp"

namespace gpusize {

/// Inclusive bounds of a number.
struct Bounds {
  double low = 0.0;
  double high = 1e18;
};

class MapReader {
 public:
  /// `what` names the map in messages ("GPU", "model config"); `code` prefixes diagnostic codes.
  MapReader(Node map, std::string what, std::string code, Diagnostics& out);

  /// The node under `key`, absent when missing. Marks the key as known.
  Node node(std::string_view key);
  /// As node(), reporting a missing key.
  Node required(std::string_view key);

  std::optional<std::string> text(std::string_view key);
  std::optional<double> number(std::string_view key, Bounds bounds = {});
  std::optional<std::int64_t> integer(std::string_view key, Bounds bounds = {});
  std::optional<bool> boolean(std::string_view key);
  /// A sequence of scalars as text (or one scalar as a list of one).
  std::vector<std::string> texts(std::string_view key);

  std::string required_text(std::string_view key);
  double required_number(std::string_view key, Bounds bounds = {});
  std::int64_t required_integer(std::string_view key, Bounds bounds = {});

  /// Reports every key that nobody asked for. Call last.
  void reject_unknown();
  /// Keys that nobody asked for.
  [[nodiscard]] std::vector<Node> unknown() const;

  void error(std::string_view suffix, std::string message, Node at, std::string hint = {});
  [[nodiscard]] Node map() const { return map_; }

 private:
  std::optional<double> checked(Node value, std::optional<double> number, Bounds bounds,
                                std::string_view expected);

  Node map_;
  std::string what_;
  std::string code_;
  Diagnostics& out_;
  std::vector<std::string> known_;
};

}  // namespace gpusize
