#include "gpusize/report/words.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/embedded.hpp"
#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

struct Language {
  Lang lang;
  std::string_view code;
  std::string_view path;
};
constexpr std::array<Language, 2> kLanguages{{
    {Lang::kEnglish, "en", "words/en.yaml"},
    {Lang::kChinese, "zh", "words/zh.yaml"},
}};
constexpr std::array<Lang, 2> kLangs{Lang::kEnglish, Lang::kChinese};

Document words_document(Lang lang) {
  const std::string_view path = kLanguages[static_cast<std::size_t>(lang)].path;
  for (const EmbeddedFile& file : embedded_resources()) {
    if (file.path == path) return {std::string(file.path), file.nodes, file.pool};
  }
  GPUSIZE_CHECK(false, "the words of every language are compiled in");
  return {};
}

}  // namespace

std::string_view code_of(Lang lang) { return kLanguages[static_cast<std::size_t>(lang)].code; }

std::optional<Lang> lang_from(std::string_view code) {
  for (const Language& language : kLanguages) {
    if (language.code == code) return language.lang;
  }
  return {};
}

std::span<const Lang> languages() { return kLangs; }

const Words& Words::of(Lang lang) {
  static const Words english(Lang::kEnglish);
  static const Words chinese(Lang::kChinese);
  return lang == Lang::kChinese ? chinese : english;
}

Words::Words(Lang lang) : lang_(lang) {
  const Document document = words_document(lang);
  // Texts point into the binary, so they outlive the document.
  for (const Node group : document.root().find("words")) {
    for (const Node word : group)
      all_.emplace_back(fmt::format("{}.{}", group.key(), word.key()), word.text());
  }
  by_key_.resize(all_.size());
  for (std::size_t i = 0; i < all_.size(); ++i) by_key_[i] = i;
  std::sort(by_key_.begin(), by_key_.end(),
            [&](std::size_t a, std::size_t b) { return all_[a].first < all_[b].first; });
}

std::optional<std::string_view> Words::find(std::string_view key) const {
  const auto found = std::lower_bound(
      by_key_.begin(), by_key_.end(), key,
      [&](std::size_t i, std::string_view wanted) { return all_[i].first < wanted; });
  if (found == by_key_.end() || all_[*found].first != key) return {};
  return all_[*found].second;
}

std::string_view Words::operator[](std::string_view key) const {
  const auto found = find(key);
  GPUSIZE_CHECK(found.has_value(), fmt::format("no words for \"{}\"", key));
  return *found;
}

std::string Words::name(std::string_view group, std::string_view stated) const {
  if (lang_ == Lang::kEnglish) return std::string(stated);
  for (const auto& [key, text] : Words::of(Lang::kEnglish).all()) {
    const bool inside =
        key.size() > group.size() && key[group.size()] == '.' && key.starts_with(group);
    if (inside && text == stated) return str(key);
  }
  return std::string(stated);
}

std::string Words::fill(std::string_view key, std::vector<std::string_view> args) const {
  const std::string_view text = (*this)[key];
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      out.push_back(text[i]);
      continue;
    }
    const std::size_t close = text.find('}', i);
    GPUSIZE_CHECK(close == i + 2 && text[i + 1] >= '0' && text[i + 1] <= '9',
                  fmt::format("a placeholder of \"{}\" is {{digit}}", key));
    const auto index = static_cast<std::size_t>(text[i + 1] - '0');
    GPUSIZE_CHECK(index < args.size(), fmt::format("\"{}\" asks for more than it gets", key));
    out.append(args[index]);
    i = close;
  }
  return out;
}

}  // namespace gpusize
