#include "report/html_page.hpp"

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/cells.hpp"

namespace gpusize {

using Json = nlohmann::ordered_json;

const Json* Page::at(const std::string& pointer) const {
  const Json::json_pointer place(pointer);
  return json().contains(place) ? &json()[place] : nullptr;
}

std::optional<double> Page::value(const std::string& pointer) const {
  const Json* found = at(pointer);
  if (found == nullptr || !found->is_number()) return {};
  return found->get<double>();
}

std::string Page::raw(const std::string& pointer) const {
  const Json* found = at(pointer);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::size_t Page::count(const std::string& pointer) const {
  const Json* found = at(pointer);
  return found != nullptr && found->is_array() ? found->size() : 0;
}

std::string Page::number(const std::string& pointer, int digits, double unit) {
  const auto found = value(pointer);
  if (!found) return "–";
  return why.link(pointer, human_number(*found / unit, digits));
}

std::string Page::scalar(const std::string& pointer) {
  const Json* found = at(pointer);
  if (found == nullptr || found->is_null()) return "–";
  if (found->is_number()) return number(pointer, 6);
  if (found->is_boolean()) return words.str(found->get<bool>() ? "common.yes" : "common.no");
  return found->is_string() ? html(found->get<std::string>()) : html(found->dump());
}

std::string Page::prose(std::string_view text) const {
  if (words.lang() == Lang::kEnglish) return html(text);
  return fmt::format("<span lang=\"en\">{}</span>", html(text));
}

void HtmlTable::row(const std::vector<std::string>& cells, std::string_view classes) {
  rows_ += classes.empty() ? std::string("<tr>") : fmt::format("<tr class=\"{}\">", classes);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool number = i < heads_.size() && heads_[i].number;
    rows_ +=
        i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", number ? " class=\"r\"" : "", cells[i])
               : fmt::format("<td{}>{}</td>", number ? " class=\"r\"" : "", cells[i]);
  }
  rows_ += "</tr>\n";
}

std::string HtmlTable::html() const {
  std::string head;
  for (const Head& h : heads_)
    head += fmt::format("<th scope=\"col\"{}>{}</th>", h.number ? " class=\"r\"" : "",
                        gpusize::html(h.title));
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table "
      "class=\"sort\"><caption>{0}</caption><thead><tr>{1}</tr></thead>\n<tbody>\n{2}</tbody></"
      "table></div>\n",
      gpusize::html(caption_), head, rows_);
}

std::string folded(std::string_view summary, std::string_view content) {
  return fmt::format("<details><summary>{}</summary>{}</details>\n", html(summary), content);
}

void add_assumptions(Page& page, HtmlReport& report) {
  const std::size_t rows = page.count("/assumptions");
  if (rows == 0) return;
  const Words& w = page.words;
  HtmlTable table(w.str("part.assumptions"), {{w.str("col.name")},
                                              {w.str("col.value"), true},
                                              {w.str("col.unit")},
                                              {w.str("col.kind")},
                                              {w.str("col.confidence")},
                                              {w.str("col.date")},
                                              {w.str("col.source")}});
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string row = fmt::format("/assumptions/{}/", i);
    const auto named = [&](const char* group, const char* key) {
      const std::string name = page.raw(row + key);
      const auto found = w.find(fmt::format("{}.{}", group, name));
      return found ? std::string(*found) : html(name);
    };
    table.row({page.text(row + "id"), page.number(row + "value", 6), page.text(row + "unit"),
               named("kind", "kind"), named("confidence", "confidence"), page.text(row + "as_of"),
               page.prose(page.raw(row + "source"))});
  }
  report.parts.push_back({"assumptions", w.str("part.assumptions"), table.html()});
}

void add_not_assessed(Page& page, HtmlReport& report) {
  const std::size_t rows = page.count("/not_assessed");
  const Words& w = page.words;
  if (rows == 0) return;
  HtmlTable table(w.str("part.not_assessed"), {{w.str("col.what")}, {w.str("col.reason")}});
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string row = fmt::format("/not_assessed/{}", i);
    if (const std::string line = page.raw(row); !line.empty()) {
      table.row({page.prose(line), ""});
      continue;
    }
    table.row({page.prose(page.raw(row + "/what")), page.prose(page.raw(row + "/reason"))});
  }
  constexpr std::size_t kShort = 8;
  const std::string content =
      rows <= kShort ? table.html()
                     : folded(w.text("common.rows", fmt::format("{}", rows)), table.html());
  report.parts.push_back({"not-assessed", w.str("part.not_assessed"),
                          fmt::format("<p>{}</p>{}", w["text.not_assessed"], content)});
}

void add_notes(Page& page, HtmlReport& report) {
  std::string list;
  for (std::size_t i = 0; i < page.count("/notes"); ++i)
    list += fmt::format("<li>{}</li>", page.prose(page.raw(fmt::format("/notes/{}", i))));
  if (list.empty()) return;
  report.parts.push_back({"notes", page.words.str("part.notes"), fmt::format("<ul>{}</ul>", list)});
}

void add_inputs(Page& page, HtmlReport& report) {
  const Json* inputs = page.at("/inputs");
  if (inputs == nullptr || !inputs->is_object()) return;
  const Words& w = page.words;
  HtmlTable table(w.str("part.inputs"), {{w.str("col.name")}, {w.str("col.value")}});
  for (const auto& [key, value] : inputs->items()) {
    if (value.is_null() || (value.is_array() && value.empty())) continue;
    table.row({fmt::format("<code>{}</code>", html(key)), page.scalar("/inputs/" + key)});
  }
  report.parts.push_back({"inputs", w.str("part.inputs"), folded(w["part.inputs"], table.html())});
}

}  // namespace gpusize
