#include "gpusize/report/words.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gpusize/catalog/embedded.hpp"
#include "gpusize/gate/finding.hpp"
#include "gpusize/tco/model.hpp"
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
const std::set<std::string> kKept{
    "gpusize", "report", "explain", "GPU",  "KV", "TTFT", "TPOT",       "TCO",    "USD",
    "GiB",     "MB",     "B",       "FLOP", "s",  "ms",   "JSON",       "NPV",    "IRR",
    "ROI",     "API",    "kW",      "HTML", "p",  "P",    "json",       "Mtok",   "h",
    "MiB",     "MACRS",  "TDP",     "PUE",  "AI", "vGPU", "Enterprise", "format", "weights"};

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

TEST_CASE("every rule of the gate has its title in every language") {
  const Words& english = Words::of(Lang::kEnglish);
  for (const RuleInfo& rule : rules()) {
    INFO(rule.code);
    CHECK(english.find(fmt::format("rule.{}", rule.code)) == rule.title);
  }
}

/// The cost model that is compiled in.
TcoModel shipped_cost_model() {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path != "tco/model.yaml") continue;
    auto model = read_tco_model({std::string(file.path), file.nodes, file.pool});
    REQUIRE(model.ok());
    return *std::move(model);
  }
  FAIL("the cost model is not compiled in");
  return {};
}

TEST_CASE("every cost line, driver and scenario of the shipped model has a Chinese name") {
  const Words& chinese = Words::of(Lang::kChinese);
  const TcoModel model = shipped_cost_model();
  const auto named = [&](const char* group, const std::string& name) {
    INFO(group << ": " << name);
    const std::string shown = chinese.name(group, name);
    CHECK((is_chinese(shown) || shown == "GPU"));
  };
  for (const TcoLine& line : model.lines) {
    named("line", line.name);
    named("line_kind", line.kind);
  }
  for (const TcoAssumption& driver : model.assumptions) named("driver", driver.name);
  for (const TcoScenario& scenario : model.scenarios) {
    named("scenario", scenario.name);
    if (scenario.id != "api") named("scenario_id", scenario.id);
  }
}

TEST_CASE("names that the words do not know stay as a user wrote them") {
  CHECK(Words::of(Lang::kChinese).name("line", "Rack rental in Oslo") == "Rack rental in Oslo");
  CHECK(Words::of(Lang::kChinese).name("line", "Energy") == "电费");
  CHECK(Words::of(Lang::kEnglish).name("line", "Energy") == "Energy");
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
