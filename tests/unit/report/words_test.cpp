#include "gpusize/report/words.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace gpusize {
namespace {

std::multiset<std::string> placeholders(std::string_view text) {
  std::multiset<std::string> out;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1))
    out.emplace(text.substr(at, text.find('}', at) - at + 1));
  return out;
}

/// Runs of Latin letters, with the digits and signs inside them.
std::vector<std::string> latin_words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool inside_placeholder = false;
  for (const char c : text) {
    if (c == '{') inside_placeholder = true;
    const bool letter = !inside_placeholder && std::isalpha(static_cast<unsigned char>(c)) != 0 &&
                        static_cast<unsigned char>(c) < 0x80;
    if (letter) {
      word.push_back(c);
    } else if (!word.empty()) {
      out.push_back(word);
      word.clear();
    }
    if (c == '}') inside_placeholder = false;
  }
  if (!word.empty()) out.push_back(word);
  return out;
}

/// Names, units and abbreviations that Chinese texts use as they are.
const std::set<std::string> kKept{"gpusize", "report", "explain", "GPU",    "KV",   "TTFT", "TPOT",
                                  "TCO",     "USD",    "GiB",     "MB",     "B",    "FLOP", "s",
                                  "ms",      "JSON",   "NPV",     "IRR",    "ROI",  "API",  "kW",
                                  "HTML",    "p",      "P",       "format", "json", "Mtok", "h"};

bool is_chinese(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0xE3; });
}

TEST_CASE("every language has the same keys in the same order") {
  const auto& english = Words::of(Lang::kEnglish).all();
  REQUIRE(english.size() > 100);
  for (const Lang lang : languages()) {
    const auto& other = Words::of(lang).all();
    REQUIRE(other.size() == english.size());
    for (std::size_t i = 0; i < english.size(); ++i) CHECK(other[i].first == english[i].first);
  }
}

TEST_CASE("no text is empty and every language fills in the same placeholders") {
  const Words& english = Words::of(Lang::kEnglish);
  for (const Lang lang : languages()) {
    for (const auto& [key, text] : Words::of(lang).all()) {
      INFO(code_of(lang) << " " << key << ": " << text);
      CHECK_FALSE(text.empty());
      CHECK(placeholders(text) == placeholders(english[key]));
    }
  }
}

TEST_CASE("no text mixes languages") {
  for (const auto& [key, text] : Words::of(Lang::kEnglish).all()) {
    INFO(key << ": " << text);
    CHECK_FALSE(is_chinese(text));
  }
  for (const auto& [key, text] : Words::of(Lang::kChinese).all()) {
    for (const std::string& word : latin_words(text)) {
      INFO(key << ": " << text << ": " << word);
      CHECK(kKept.count(word) == 1);
    }
  }
}

TEST_CASE("Chinese sentences use Chinese punctuation") {
  for (const auto& [key, text] : Words::of(Lang::kChinese).all()) {
    INFO(key << ": " << text);
    CHECK(text.find(", ") == std::string_view::npos);
    CHECK(text.find('(') == std::string_view::npos);
    CHECK(text.find("; ") == std::string_view::npos);
  }
}

TEST_CASE("placeholders are filled in by number") {
  const Words& words = Words::of(Lang::kEnglish);
  CHECK(words.text("text.first_rows", "400", "1,000") ==
        "The first 400 of 1,000 rows; all are in the JSON file.");
  CHECK(words.find("no.such").has_value() == false);
  CHECK(lang_from("zh") == Lang::kChinese);
  CHECK_FALSE(lang_from("de").has_value());
}

}  // namespace
}  // namespace gpusize
