#pragma once
// Typed, bounded access to a Hugging Face config: the language model's map with the wrapper's map
// behind it, alternative spellings, null as absent, and a record of every name that was asked for.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/core/map_reader.hpp"

namespace gpusize {

// Bounds on untrusted numbers: far above any model, and small enough that products of three fit
// into 64 bits. read_model also bounds the parameter total.
inline constexpr Bounds kLayerBounds{1, 10'000};
inline constexpr Bounds kWidthBounds{1, 1'000'000};
inline constexpr Bounds kHeadBounds{1, 100'000};
inline constexpr Bounds kVocabBounds{1, 100'000'000};
inline constexpr Bounds kExpertBounds{1, 100'000};
inline constexpr Bounds kContextBounds{1, 1'000'000'000};
inline constexpr Bounds kSmallBounds{0, 10'000};

using Names = std::initializer_list<std::string_view>;

/// Text of a file for a message: printable and cut to what a reader can take in.
std::string shown(std::string_view text);

/// A field that was passed over because another spelling of it is set too.
struct ShadowedField {
  std::string name;
  std::string winner;
};

class ConfigFields {
 public:
  /// `outer` is the wrapper of a multimodal config, or the same map again.
  ConfigFields(Node language, Node outer, Diagnostics& out);

  /// Whether the language map has a value (not null) under `name`. Marks the name as known.
  bool has(std::string_view name);
  /// The language map's value, else absent. Marks the name as known.
  Node node(std::string_view name);
  /// The same, with the wrapper's value behind it.
  Node node_or_outer(std::string_view name);

  /// The first of several spellings that is present.
  std::optional<std::int64_t> integer(Names names, Bounds bounds);
  std::int64_t integer_or(Names names, Bounds bounds, std::int64_t otherwise);
  /// Reports `cat-model-missing` when no spelling is present; then gives the lower bound.
  std::int64_t required(Names names, Bounds bounds);
  std::optional<bool> flag(std::string_view name);
  bool flag_or(std::string_view name, bool otherwise);
  std::string word(std::string_view name);
  std::vector<std::int64_t> integers(std::string_view name, Bounds bounds);
  std::vector<std::string> words(std::string_view name);

  /// Known to change neither memory nor time here.
  void ignore(Names names);

  void error(std::string_view suffix, const std::string& message, Node at = {},
             std::string hint = {});
  [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }
  /// Fields whose every use was passed over for another spelling.
  [[nodiscard]] std::vector<ShadowedField> shadowed() const;
  [[nodiscard]] Node language() const { return language_.map(); }
  [[nodiscard]] Node outer() const { return outer_; }
  /// Keys of the language map that nobody asked for.
  [[nodiscard]] std::vector<Node> unknown() const { return language_.unknown(); }

 private:
  std::string_view spelling(Names names);

  MapReader language_;
  Node outer_;
  Diagnostics& out_;
  std::vector<std::string> asked_;
  std::vector<ShadowedField> shadowed_;
};

}  // namespace gpusize
