#pragma once
// The module patterns of quantisation recipes: which modules of a model a list of globs, plain
// names and `re:` expressions means. Patterns come from untrusted files, so matching has a step
// budget and no library regex.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace gpusize {

/// Whether the whole text matches a glob whose `*` crosses dots (and `?` is any one character).
bool glob_matches(std::string_view pattern, std::string_view text);

/// Whether an expression matches from the start of the text (Python's re.match). Knows literals,
/// `.`, escapes, `[...]`, `(a|b)`, `* + ?` and `^ $`; nothing when it uses more or costs too much.
std::optional<bool> expression_matches(std::string_view pattern, std::string_view text);

/// A list of patterns. A plain name also excludes what lies below it, and matches as a trailing
/// part of a path ("gate" hits "model.layers.3.mlp.gate").
class ModulePatterns {
 public:
  void add(std::string_view pattern);
  [[nodiscard]] bool empty() const {
    return plain_.empty() && globs_.empty() && expressions_.empty();
  }
  [[nodiscard]] bool matches(std::string_view module) const;
  /// Expressions that could not be evaluated.
  [[nodiscard]] const std::vector<std::string>& not_understood() const { return not_understood_; }

 private:
  [[nodiscard]] bool matches_plain(std::string_view module) const;

  std::unordered_set<std::string> plain_;
  std::vector<std::string> globs_;
  std::vector<std::string> expressions_;
  std::vector<std::string> not_understood_;
};

/// Multimodal recipes prefix the language model differently: one spelling for all.
std::string canonical_module(std::string_view name);

}  // namespace gpusize
