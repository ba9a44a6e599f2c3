#pragma once
// What the parts of an HTML report share: the document, the words, and links from numbers to their
// derivations.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "gpusize/plan/result_document.hpp"
#include "gpusize/report/words.hpp"
#include "report/html_derivations.hpp"
#include "report/html_text.hpp"

namespace gpusize {

/// One report in the making.
class Page {
 public:
  Page(const ResultDocument& document, const Words& language)
      : words(language), why(document, language), document_(document) {}

  const Words& words;
  Derivations why;

  [[nodiscard]] const nlohmann::ordered_json& json() const { return document_.json(); }
  /// The value at a JSON pointer, or null when there is none.
  [[nodiscard]] const nlohmann::ordered_json* at(const std::string& pointer) const;
  [[nodiscard]] std::optional<double> value(const std::string& pointer) const;
  /// The text at a pointer as it is, empty when there is none.
  [[nodiscard]] std::string raw(const std::string& pointer) const;
  /// How many entries the list at a pointer has.
  [[nodiscard]] std::size_t count(const std::string& pointer) const;
  /// The text at a pointer, escaped.
  [[nodiscard]] std::string text(const std::string& pointer) const { return html(raw(pointer)); }
  /// The number at a pointer divided by `unit`, linked to its derivation; a dash when there is
  /// none.
  std::string number(const std::string& pointer, int digits = 4, double unit = 1.0);
  /// Any scalar: numbers linked, flags and texts in words.
  std::string scalar(const std::string& pointer);
  /// A text from the document: in the reader's language when the words know it, else marked as
  /// English.
  [[nodiscard]] std::string prose(std::string_view text) const;

 private:
  const ResultDocument& document_;
};

/// A section of the page.
struct HtmlPart {
  std::string id;
  std::string title;
  std::string html;
};

/// A figure of the verdict.
struct Tile {
  std::string label;
  std::string html;
};

struct HtmlReport {
  std::string heading;  ///< what was asked, plain text
  std::string verdict;  ///< the answer in a sentence, HTML
  bool good = true;
  std::vector<Tile> tiles;
  std::vector<HtmlPart> parts;
  std::string data;  ///< JSON for the page's script, empty: none
};

/// A table that scripts can sort; cells are HTML.
class HtmlTable {
 public:
  struct Head {
    std::string title;
    bool number = false;
  };
  HtmlTable(std::string caption, std::vector<Head> heads)
      : caption_(std::move(caption)), heads_(std::move(heads)) {}
  /// `classes` of the row, empty: none.
  void row(const std::vector<std::string>& cells, std::string_view classes = {});
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string html() const;

 private:
  std::string caption_;
  std::vector<Head> heads_;
  std::string rows_;
};

/// A part that is folded until asked for.
std::string folded(std::string_view summary, std::string_view content);

// The parts that every command has, left out when the document has nothing for them.
void add_assumptions(Page& page, HtmlReport& report);
void add_not_assessed(Page& page, HtmlReport& report);
void add_notes(Page& page, HtmlReport& report);
void add_inputs(Page& page, HtmlReport& report);

// One per shape of document.
HtmlReport plan_html(Page& page);
HtmlReport estimate_html(Page& page);
HtmlReport tco_html(Page& page);
/// Any result: its scalars, its lists as tables.
HtmlReport any_html(Page& page);

}  // namespace gpusize
