// A result as a workbook; the shape follows the command.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "gpusize/core/check.hpp"
#include "gpusize/report/formats.hpp"
#include "report/cells.hpp"
#include "report/xlsx_parts.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostSheets = 40;

struct Shape {
  std::string_view command;
  void (*write)(XlsxBook& book, const Page& page);
};
constexpr std::array<Shape, 2> kShapes{{
    {"plan", plan_workbook},
    {"tco", tco_workbook},
}};

void put(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column, const Json& value) {
  if (value.is_number()) {
    sheet.number(row, column, value.get<double>());
  } else if (!value.is_null()) {
    sheet.text(row, column, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

/// Scalars below an object as `a.b`.
void collect(const Json& value, const std::string& path,
             std::vector<std::pair<std::string, Json>>& out) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      collect(child, path.empty() ? key : path + "." + key, out);
  } else if (!value.is_array()) {
    out.emplace_back(path, value);
  }
}

void list_sheet(XlsxBook& book, const std::string& name, const Json& list) {
  XlsxSheet& sheet = book.sheet(name);
  std::vector<std::string> columns;
  std::vector<std::vector<std::pair<std::string, Json>>> rows;
  for (const Json& entry : list) {
    rows.emplace_back();
    collect(entry, "", rows.back());
    for (auto& [key, value] : rows.back()) {
      if (key.empty()) key = name;
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
  for (std::uint32_t c = 0; c < columns.size(); ++c) sheet.text(0, c, columns[c], CellStyle::kHead);
  if (!columns.empty()) sheet.width(0, static_cast<std::uint32_t>(columns.size() - 1), 18);
  sheet.freeze(1, 1);
  for (std::uint32_t r = 0; r < rows.size(); ++r) {
    for (const auto& [key, value] : rows[r]) {
      const auto column = std::find(columns.begin(), columns.end(), key) - columns.begin();
      put(sheet, r + 1, static_cast<std::uint32_t>(column), value);
    }
  }
}

}  // namespace

void any_workbook(XlsxBook& book, const Page& page) {
  const Words& w = page.words;
  XlsxSheet& figures = book.sheet(w["part.figures"]);
  figures.text(0, 0, page.raw("/command"), CellStyle::kTitle);
  figures.width(0, 0, 44);
  figures.width(1, 1, 40);
  std::uint32_t row = 2;
  std::size_t sheets = 1;
  for (const auto& [key, value] : page.json().items()) {
    if (key == "explain" || key == "schema") continue;
    std::vector<std::pair<std::string, Json>> scalars;
    collect(value, key, scalars);
    for (const auto& [path, scalar] : scalars) {
      figures.text(row, 0, path);
      put(figures, row++, 1, scalar);
    }
    if (value.is_array() && !value.empty() && sheets++ < kMostSheets) list_sheet(book, key, value);
  }
}

std::string write_xlsx(const ResultDocument& document, const Style& style) {
  namespace fs = std::filesystem;
  const Page page(document, Words::of(style.lang));
  // The library writes files only: into a folder of our own, so that nobody else's name is met.
  std::string folder = (fs::temp_directory_path() / "gpusize-XXXXXX").string();
  GPUSIZE_CHECK(mkdtemp(folder.data()) != nullptr, "a temporary folder for the workbook");
  const std::string path = folder + "/book.xlsx";
  XlsxBook book(path);
  const std::string command = text_of(document.json(), "command");
  void (*write)(XlsxBook&, const Page&) = any_workbook;
  for (const Shape& shape : kShapes) {
    if (shape.command == command) write = shape.write;
  }
  write(book, page);
  const bool written = book.close();
  std::stringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  GPUSIZE_CHECK(written, "the workbook could be written to the temporary folder");
  return bytes.str();
}

}  // namespace gpusize
