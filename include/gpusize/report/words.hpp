#pragma once
// The words of reports and tables, from data/words: one file per language, the same keys in each.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gpusize {

enum class Lang : std::uint8_t { kEnglish, kChinese };

std::string_view code_of(Lang lang);  ///< `en`, `zh`: as `--lang` and HTML take it
std::optional<Lang> lang_from(std::string_view code);
std::span<const Lang> languages();

/// The words of one language. Keys are `group.name`; a key that is not in the file is a programming
/// error.
class Words {
 public:
  static const Words& of(Lang lang);

  [[nodiscard]] Lang lang() const { return lang_; }
  [[nodiscard]] std::string_view operator[](std::string_view key) const;
  [[nodiscard]] std::string str(std::string_view key) const { return std::string((*this)[key]); }
  /// The text under `key`, or nothing: for names that come from a document.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
  /// The name that a document states for something of the shipped data, in this language: known by
  /// the English text of `group`. What the words do not know (a user's own line) stays as stated.
  [[nodiscard]] std::string name(std::string_view group, std::string_view stated) const;
  /// The text with `{0}`, `{1}`, ... filled in; arguments are texts.
  template <typename... Args>
  [[nodiscard]] std::string text(std::string_view key, const Args&... args) const {
    return fill(key, {std::string_view(args)...});
  }
  /// All keys with their texts, in file order.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string_view>>& all() const {
    return all_;
  }

 private:
  explicit Words(Lang lang);
  [[nodiscard]] std::string fill(std::string_view key, std::vector<std::string_view> args) const;

  Lang lang_;
  std::vector<std::pair<std::string, std::string_view>> all_;
  std::vector<std::size_t> by_key_;  ///< indices into all_, ordered by key
};

}  // namespace gpusize
