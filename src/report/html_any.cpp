// Any result as HTML, from its shape alone: scalars as a table of figures, lists of objects as
// sortable tables under the document's own names, with a chart where a list has one figure to
// compare.

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/html_page.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostRows = 400;
constexpr std::size_t kMostColumns = 24;
constexpr std::size_t kDeepest = 4;

/// Parts that have a section of their own, and what only identifies the file.
bool is_elsewhere(std::string_view key) {
  return key == "assumptions" || key == "not_assessed" || key == "notes" || key == "inputs" ||
         key == "schema" || key == "schema_version" || key == "tool" || key == "command" ||
         key == "catalog" || key == "explain";
}

std::string step(std::string_view key) {
  std::string out;
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

struct Leaf {
  std::string path;  ///< below the object, as a JSON pointer
  bool number = false;
};

/// Scalars of an object, nested ones by their path.
void collect(const Json& object, const std::string& path, std::size_t depth,
             std::vector<Leaf>& out) {
  for (const auto& [key, value] : object.items()) {
    const std::string at = fmt::format("{}/{}", path, step(key));
    if (value.is_object() && depth < kDeepest) {
      collect(value, at, depth + 1, out);
    } else if (!value.is_array() && !value.is_object()) {
      const auto same =
          std::find_if(out.begin(), out.end(), [&](const Leaf& l) { return l.path == at; });
      if (same == out.end())
        out.push_back({at, value.is_number()});
      else
        same->number = same->number || value.is_number();
    }
  }
}

/// `/latency/ttft_ms` as `latency.ttft_ms`.
std::string title_of(std::string_view path) {
  std::string out(path.substr(path.starts_with('/') ? 1 : 0));
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

std::string list_table(Page& page, const Json& list, const std::string& pointer,
                       const std::string& name) {
  std::vector<Leaf> leaves;
  for (const Json& row : list) {
    if (row.is_object()) collect(row, "", 0, leaves);
  }
  if (leaves.size() > kMostColumns) leaves.resize(kMostColumns);
  std::vector<HtmlTable::Head> heads;
  for (const Leaf& leaf : leaves) heads.push_back({title_of(leaf.path), leaf.number});
  if (heads.empty()) heads.push_back({name});
  HtmlTable table(name, heads);
  const std::size_t shown = std::min(kMostRows, list.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string row = fmt::format("{}/{}", pointer, i);
    std::vector<std::string> cells;
    if (leaves.empty()) cells.push_back(page.scalar(row));
    for (const Leaf& leaf : leaves) cells.push_back(page.scalar(row + leaf.path));
    table.row(cells);
  }
  std::string out = table.html();
  if (shown < list.size())
    out += fmt::format("<p class=\"faint\">{}</p>",
                       page.words.text("text.first_rows", fmt::format("{}", shown),
                                       fmt::format("{}", list.size())));
  return out;
}

/// Lists inside the objects of a list or inside an object, each with its own table.
void add_lists(Page& page, const Json& value, const std::string& pointer, std::size_t depth,
               HtmlReport& report) {
  if (depth > kDeepest) return;
  if (value.is_array() && !value.empty()) {
    const std::string name = title_of(pointer);
    const std::string content = list_table(page, value, pointer, name);
    const std::string id = "list-" + fmt::format("{}", report.parts.size());
    constexpr std::size_t kLong = 40;
    report.parts.push_back(
        {id, name,
         value.size() > kLong
             ? folded(page.words.text("common.rows", fmt::format("{}", value.size())), content)
             : content});
  } else if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (depth == 0 && is_elsewhere(key)) continue;
      add_lists(page, child, fmt::format("{}/{}", pointer, step(key)), depth + 1, report);
    }
  }
}

std::string figures(Page& page) {
  std::vector<Leaf> leaves;
  for (const auto& [key, value] : page.json().items()) {
    if (is_elsewhere(key)) continue;
    if (value.is_object())
      collect(value, "/" + step(key), 1, leaves);
    else if (!value.is_array())
      leaves.push_back({"/" + step(key), value.is_number()});
  }
  if (leaves.empty()) return {};
  const Words& w = page.words;
  HtmlTable table(w.str("part.figures"), {{w.str("col.name")}, {w.str("col.value"), true}});
  for (const Leaf& leaf : leaves)
    table.row({fmt::format("<code>{}</code>", html(title_of(leaf.path))), page.scalar(leaf.path)});
  return table.html();
}

/// The first of the usual places where a command says how it went.
void add_verdict(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  for (const char* key : {"verdict", "status", "summary", "result"}) {
    const std::string text = page.raw(fmt::format("/{}", key));
    if (text.empty()) continue;
    const auto known = w.find("status." + text);
    report.verdict = known ? std::string(*known) : page.prose(text);
    report.good = text != "infeasible" && text != "fail" && text != "failed";
    return;
  }
  for (const char* key : {"passed", "fits", "feasible", "ok"}) {
    const Json* flag = page.at(fmt::format("/{}", key));
    if (flag == nullptr || !flag->is_boolean()) continue;
    report.good = flag->get<bool>();
    report.verdict = w.str(report.good ? "status.pass" : "status.fail");
    return;
  }
  report.verdict = w.text("text.result_of", html(page.raw("/command")));
}

}  // namespace

HtmlReport any_html(Page& page) {
  const Words& w = page.words;
  HtmlReport report;
  std::string subject = page.raw("/model");
  if (subject.empty()) subject = page.raw("/inputs/model");
  if (subject.empty()) subject = page.raw("/deployment/model_name");
  report.heading =
      subject.empty() ? page.raw("/command") : fmt::format("{}: {}", page.raw("/command"), subject);
  add_verdict(page, report);
  if (const std::string table = figures(page); !table.empty())
    report.parts.push_back({"figures", w.str("part.figures"), table});
  add_lists(page, page.json(), "", 0, report);
  add_assumptions(page, report);
  add_not_assessed(page, report);
  add_notes(page, report);
  add_inputs(page, report);
  return report;
}

}  // namespace gpusize
