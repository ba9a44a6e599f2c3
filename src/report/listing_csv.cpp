#include <algorithm>
#include <array>

#include "report/catalog_tables.hpp"
#include "report/cells.hpp"
#include "report/tidy.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

/// Lists of a listing that hold rows, in the order of output. `facts` goes before what a card's
/// document holds besides.
constexpr std::array<std::string_view, 7> kRowLists{"facts",    "gpus",        "models",    "cloud",
                                                    "purchase", "electricity", "datacenter"};

void add_columns(const Json& rows, std::vector<std::string>& columns) {
  for (const Json& row : rows) {
    for (const auto& [key, value] : row.items()) {
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
}

}  // namespace

std::string listing_csv(const ResultDocument& document) {
  const Json& doc = document.json();
  std::vector<std::string> columns;
  std::vector<std::string> lists;
  for (const std::string_view list : kRowLists) {
    const auto found = doc.find(std::string(list));
    if (found == doc.end()) continue;
    lists.emplace_back(list);
    add_columns(*found, columns);
  }
  if (lists.empty()) return tidy(doc).csv();
  const bool several = lists.size() > 1;
  std::vector<Column> header;
  if (several) header.push_back({"kind"});
  for (const std::string& column : columns) header.push_back({column});
  TextTable table(std::move(header));
  for (const std::string& list : lists) {
    for (const Json& row : doc[list]) {
      std::vector<std::string> cells;
      if (several) cells.push_back(list);
      for (const std::string& column : columns)
        cells.push_back(row.contains(column) ? exact(row[column]) : "");
      table.row(std::move(cells));
    }
  }
  return table.csv();
}

}  // namespace gpusize
