// Cost lines by year in full precision.

#include "report/cells.hpp"
#include "report/tco_tables.hpp"

namespace gpusize {

using Json = nlohmann::ordered_json;

std::string tco_csv(const ResultDocument& document, const Style&) {
  TextTable table({{"scenario"},
                   {"side"},
                   {"line"},
                   {"name"},
                   {"kind"},
                   {"year"},
                   {"quantity"},
                   {"unit"},
                   {"unit_price_usd"},
                   {"amount_usd"},
                   {"source"}});
  for (const Json& s : document.json()["scenarios"]) {
    for (const char* side : {"lines", "benefits"}) {
      const std::string label = std::string_view(side) == "lines" ? "cost" : "benefit";
      for (const Json& line : s[side]) {
        const auto row = [&](const Json& from, const std::string& year) {
          table.row({text_of(s, "id"), label, text_of(line, "id"), text_of(line, "name"),
                     text_of(line, "kind"), year, exact(from["quantity"]), text_of(line, "unit"),
                     exact(from["unit_price"]), exact(from["amount_usd"]),
                     text_of(line, "source")});
        };
        for (const Json& year : line["by_year"]) row(year, exact(year["year"]));
        row(line, "");
      }
    }
    if (!s["tco_usd"].is_null())
      table.row({text_of(s, "id"), "cost", "total", "total cost", "", "", "", "USD", "",
                 exact(s["tco_usd"]), ""});
  }
  return table.csv();
}

}  // namespace gpusize
