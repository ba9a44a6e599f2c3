#include "report/xlsx_parts.hpp"

#include <cctype>
#include <set>

#include <fmt/format.h>

namespace gpusize {
namespace {

/// An id as a name that no spreadsheet takes for a cell: `in_gpu_price`.
std::string input_name(std::string_view id) {
  std::string out = "in_";
  for (const char c : id) out.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
  return out;
}

void heads(XlsxSheet& sheet, std::uint32_t row, const std::vector<std::string>& titles) {
  for (std::uint32_t i = 0; i < titles.size(); ++i) sheet.text(row, i, titles[i], CellStyle::kHead);
}

}  // namespace

AssumptionCells assumptions_sheet(XlsxBook& book, const Page& page,
                                  const std::vector<std::pair<std::string, std::string>>& extra) {
  const Words& w = page.words;
  XlsxSheet& sheet = book.sheet(w["part.assumptions"]);
  sheet.text(0, 0, w["part.assumptions"], CellStyle::kTitle);
  sheet.text(1, 0, w["xlsx.assumptions_note"], CellStyle::kNote);
  heads(sheet, 3,
        {w.str("col.name"), w.str("col.what"), w.str("col.value"), w.str("col.unit"),
         w.str("col.low"), w.str("col.high"), w.str("col.kind"), w.str("col.confidence"),
         w.str("col.date"), w.str("col.source")});
  sheet.width(0, 0, 30);
  sheet.width(1, 1, 42);
  sheet.width(2, 8, 13);
  sheet.width(9, 9, 60);
  sheet.freeze(4, 1);
  AssumptionCells out;
  std::set<std::string> names;
  std::uint32_t row = 4;
  const auto add = [&](const std::string& id, double value) {
    const std::string name = input_name(id);
    if (!names.insert(name).second) return;
    sheet.text(row, 0, id);
    sheet.number(row, 2, value);
    book.define(name, sheet.reference(row, 2));
    out.emplace(id, AssumptionCell{name, value});
  };
  for (const auto& [id, pointer] : extra) {
    const auto value = page.value(pointer);
    if (!value || out.contains(id)) continue;
    add(id, *value);
    const auto title = w.find("xlsx.input_" + id);
    sheet.text(row, 1, title ? *title : std::string_view(id));
    sheet.text(row++, 6, w["kind.input"]);
  }
  for (std::size_t i = 0; i < page.count("/assumptions"); ++i) {
    const std::string a = fmt::format("/assumptions/{}/", i);
    const std::string id = page.raw(a + "id");
    const auto value = page.value(a + "value");
    if (out.contains(id)) continue;
    if (value) {
      add(id, *value);
    } else {
      sheet.text(row, 0, id);
      sheet.text(row, 2, w["common.no_price"]);
    }
    sheet.text(row, 1, page.raw(a + "name"));
    sheet.text(row, 3, page.raw(a + "unit"));
    if (const auto low = page.value(a + "low")) sheet.number(row, 4, *low);
    if (const auto high = page.value(a + "high")) sheet.number(row, 5, *high);
    const auto named = [&](const char* group, const char* key) {
      const auto found = w.find(fmt::format("{}.{}", group, page.raw(a + key)));
      return found ? std::string(*found) : page.raw(a + key);
    };
    sheet.text(row, 6, named("kind", "kind"));
    sheet.text(row, 7, named("confidence", "confidence"));
    sheet.text(row, 8, page.raw(a + "as_of"));
    sheet.text(row++, 9, page.raw(a + "source"));
  }
  return out;
}

void sources_sheet(XlsxBook& book, const Page& page) {
  const Words& w = page.words;
  XlsxSheet& sheet = book.sheet(w["part.sources"]);
  sheet.text(0, 0, w["part.sources"], CellStyle::kTitle);
  heads(sheet, 2,
        {w.str("col.source"), w.str("col.reference"), w.str("col.date"), w.str("col.age")});
  sheet.width(0, 1, 60);
  sheet.width(2, 3, 13);
  sheet.freeze(3, 0);
  std::uint32_t row = 3;
  for (std::size_t i = 0; i < page.count("/sources"); ++i) {
    const std::string s = fmt::format("/sources/{}/", i);
    sheet.text(row, 0, page.raw(s + "title"));
    sheet.text(row, 1, page.raw(s + "ref"));
    sheet.text(row, 2, page.raw(s + "as_of"));
    if (const auto age = page.value(s + "age_months")) sheet.number(row, 3, *age);
    ++row;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0;
       row == 3 + seen.size() && page.count("/sources") == 0 && i < page.count("/assumptions");
       ++i) {
    const std::string a = fmt::format("/assumptions/{}/", i);
    if (page.raw(a + "source").empty() || !seen.insert(page.raw(a + "source")).second) continue;
    sheet.text(row, 0, page.raw(a + "source"));
    sheet.text(row++, 2, page.raw(a + "as_of"));
  }
  row += 1;
  sheet.text(row++, 0,
             w.text("text.made_by", page.raw("/tool/version"), page.raw("/catalog/version")),
             CellStyle::kNote);
  for (std::size_t i = 0; i < page.count("/not_assessed"); ++i) {
    const std::string n = fmt::format("/not_assessed/{}/", i);
    sheet.text(row, 0, fmt::format("{}: {}", w["part.not_assessed"], page.raw(n + "what")));
    sheet.text(row++, 1, page.raw(n + "reason"));
  }
}

}  // namespace gpusize
