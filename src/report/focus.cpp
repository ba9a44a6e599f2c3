// FOCUS (FinOps Open Cost and Usage Specification) cost and usage rows of a tco result: one row per
// month, scenario and line. They are a forecast, and x_IsForecast says so. Purchases are billed
// when paid and amortised evenly over the rest of the horizon in EffectiveCost, so that both
// columns add up to the scenario's total. Source: focus.finops.org, specification 1.2
// (2025-05-29), 1.3 (2025-12-04), 1.4 (2026-06-04).

#include <array>
#include <cmath>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/report/formats.hpp"
#include "gpusize/report/text_table.hpp"
#include "gpusize/tco/money.hpp"
#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;
__extension__ typedef __int128 Wide;

enum class FocusVersion : std::uint8_t { k1_2, k1_3, k1_4 };

constexpr std::int64_t kQuantityScale = 1'000'000;   // six decimals
constexpr std::int64_t kPriceScale = 1'000'000'000;  // nine decimals

/// A whole number of 10^-decimals without trailing zeros.
std::string decimal(Wide value, int decimals) {
  const bool negative = value < 0;
  if (negative) value = -value;
  std::string digits;
  for (int i = 0; value > 0 || i <= decimals; ++i) {
    if (i == decimals && decimals > 0) digits.insert(digits.begin(), '.');
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  }
  if (decimals > 0) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return negative && digits != "0" ? "-" + digits : digits;
}

std::string cents(Cents amount) { return decimal(amount.value, 2); }

struct UnitName {
  std::string_view from;
  std::string_view to;
};
/// FOCUS unit names: plural, time last.
constexpr auto kUnits = std::to_array<UnitName>({{"GPU-hour", "GPU-Hours"},
                                                 {"GPU", "GPUs"},
                                                 {"GPU-year", "GPU-Years"},
                                                 {"kW-month", "kW-Months"},
                                                 {"GB-month", "GB-Months"},
                                                 {"FTE-year", "FTE-Years"},
                                                 {"Mtoken", "1000000 Tokens"},
                                                 {"year", "Years"},
                                                 {"hour", "Hours"},
                                                 {"t", "Tonnes"},
                                                 {"project", "Projects"}});

std::string unit_name(const std::string& unit) {
  for (const UnitName& row : kUnits) {
    if (row.from == unit) return std::string(row.to);
  }
  return unit.empty() ? "Units" : unit;
}

std::string service_category(const std::string& scenario, const std::string& line) {
  if (scenario == "api") return "AI and Machine Learning";
  if (line == "network" || line == "bandwidth") return "Networking";
  if (line == "storage" || line == "disk") return "Storage";
  if (line == "staff" || line == "insurance" || line == "carbon" || line == "interest")
    return "Other";
  return "Compute";
}

std::string pricing_category(const std::string& scenario, const std::string& line) {
  const bool rent = line == "rent" || line == "upfront" || line == "unused";
  if (rent && scenario == "spot") return "Dynamic";
  if (rent && (scenario.starts_with("reserve") || scenario == "capacity-block")) return "Committed";
  return "Standard";
}

/// The first instant of the month that is `months` after `start` (YYYY-MM).
std::string month_start(const std::string& start, std::size_t months) {
  const std::int64_t year = parse_integer(start.substr(0, 4)).value_or(2000);
  const std::int64_t month =
      parse_integer(start.substr(5, 2)).value_or(1) - 1 + static_cast<std::int64_t>(months);
  return fmt::format("{:04}-{:02}-01T00:00:00Z", year + month / 12, month % 12 + 1);
}

/// One charge.
struct Charge {
  std::size_t month = 0;
  std::string category;   ///< Usage, Purchase, Credit
  std::string frequency;  ///< One-Time, Recurring, Usage-Based
  double quantity = 0.0;
  double price = 0.0;
  Cents billed;
  Cents effective;
};

class FocusWriter {
 public:
  FocusWriter(const Json& doc, FocusVersion version) : doc_(doc), version_(version) {
    months_ = doc["horizon"]["periods"].get<std::size_t>();
    single_ = doc["horizon"]["period"] != "month";
    start_ = text_of(doc["horizon"], "start");
  }

  std::string write() {
    add_columns();
    std::vector<Column> titles;
    for (const auto& [name, value] : columns_) titles.push_back({name, Align::kLeft});
    TextTable table(std::move(titles));
    for (const Json& scenario : doc_["scenarios"]) {
      scenario_ = &scenario;
      for (const Json& line : scenario["lines"]) {
        line_ = &line;
        for (const Charge& charge : charges()) {
          std::vector<std::string> cells;
          for (const auto& [name, value] : columns_) cells.push_back(value(charge));
          table.row(std::move(cells));
        }
      }
    }
    return table.csv();
  }

 private:
  using Value = std::function<std::string(const Charge&)>;
  void column(std::string name, Value value) {
    columns_.emplace_back(std::move(name), std::move(value));
  }
  void fixed(std::string name, std::string value) {
    column(std::move(name), [value = std::move(value)](const Charge&) { return value; });
  }

  std::string id() const { return text_of(*scenario_, "id"); }
  std::string line_id() const { return text_of(*line_, "id"); }

  static std::string price_text(const Charge& c) {
    return decimal(std::llround(c.price * static_cast<double>(kPriceScale)), 9);
  }
  static std::string quantity_text(const Charge& c) {
    return decimal(std::llround(c.quantity * static_cast<double>(kQuantityScale)), 6);
  }
  /// Exactly the printed price times the printed quantity, as the specification asks.
  static std::string list_cost(const Charge& c) {
    return decimal(Wide{std::llround(c.price * static_cast<double>(kPriceScale))} *
                       std::llround(c.quantity * static_cast<double>(kQuantityScale)),
                   15);
  }

  void add_columns() {
    const std::string issuer = "gpusize forecast";
    const auto begin = [this](const Charge& c) { return month_start(start_, c.month); };
    const auto end = [this](const Charge& c) { return month_start(start_, c.month + 1); };
    column("BilledCost", [](const Charge& c) { return cents(c.billed); });
    fixed("BillingAccountId", "gpusize-forecast");
    fixed("BillingAccountName", text_of(doc_, "title"));
    fixed("BillingCurrency", "USD");
    column("BillingPeriodEnd", end);
    column("BillingPeriodStart", begin);
    column("ChargeCategory", [](const Charge& c) { return c.category; });
    fixed("ChargeClass", "");
    column("ChargeDescription", [this](const Charge&) { return text_of(*line_, "name"); });
    column("ChargeFrequency", [](const Charge& c) { return c.frequency; });
    column("ChargePeriodEnd", end);
    column("ChargePeriodStart", begin);
    column("ConsumedQuantity",
           [](const Charge& c) { return c.category == "Usage" ? quantity_text(c) : ""; });
    column("ConsumedUnit", [this](const Charge& c) {
      return c.category == "Usage" ? unit_name(text_of(*line_, "unit")) : "";
    });
    column("ContractedCost", list_cost);
    column("ContractedUnitPrice", price_text);
    column("EffectiveCost", [](const Charge& c) { return cents(c.effective); });
    if (version_ != FocusVersion::k1_2) fixed("HostProviderName", issuer);
    fixed("InvoiceIssuerName", issuer);
    column("ListCost", list_cost);
    column("ListUnitPrice", price_text);
    column("PricingCategory", [this](const Charge& c) {
      return c.category == "Credit" ? "" : pricing_category(id(), line_id());
    });
    column("PricingQuantity", quantity_text);
    column("PricingUnit", [this](const Charge&) { return unit_name(text_of(*line_, "unit")); });
    if (version_ != FocusVersion::k1_4) {
      fixed("ProviderName", issuer);
      fixed("PublisherName", issuer);
    }
    fixed("RegionId", text_of(doc_["inputs"], "region"));
    column("ServiceCategory", [this](const Charge&) { return service_category(id(), line_id()); });
    column("ServiceName", [this](const Charge&) { return text_of(*scenario_, "name"); });
    if (version_ != FocusVersion::k1_2) fixed("ServiceProviderName", issuer);
    column("SubAccountId", [this](const Charge&) { return id(); });
    column("SubAccountName", [this](const Charge&) { return text_of(*scenario_, "name"); });
    const Json& fleet = doc_["fleet"];
    fixed("x_AssumptionSetId", text_of(doc_["catalog"], "version"));
    column("x_CostKind", [this](const Charge&) { return text_of(*line_, "kind"); });
    fixed("x_GpuType", fleet.is_object() ? text_of(fleet, "gpu") : "");
    column("x_GpusizeScenario", [this](const Charge&) { return id(); });
    fixed("x_IsForecast", "true");
    column("x_Line", [this](const Charge&) { return line_id(); });
    fixed("x_Model", fleet.is_object() ? text_of(fleet, "model") : "");
  }

  /// The charges of the present line, month by month.
  std::vector<Charge> charges() const {
    std::vector<Charge> out;
    const std::string when = text_of(*line_, "when");
    const std::string kind = text_of(*line_, "kind");
    const bool reserved = pricing_category(id(), line_id()) == "Committed";
    std::size_t step = 0;
    for (const Json& year : (*line_)["by_year"]) {
      const std::size_t first = single_ ? 0 : 12 * step++;
      const Cents amount = to_cents(year["amount_usd"].get<double>());
      const double quantity = year["quantity"].get<double>();
      const double price = year["unit_price"].get<double>();
      if (amount.value == 0) continue;
      const std::size_t months = single_ ? 1 : std::min<std::size_t>(12, months_ - first);
      if (when == "monthly") {
        const std::vector<Cents> parts = spread(amount, months);
        for (std::size_t m = 0; m < months; ++m)
          out.push_back({first + m, "Usage", reserved ? "Recurring" : "Usage-Based",
                         quantity / static_cast<double>(months), price, parts[m], parts[m]});
      } else if (when == "end") {
        out.push_back({months_ - 1, kind == "residual" ? "Credit" : "Purchase", "One-Time",
                       quantity, price, amount, amount});
      } else {
        out.push_back({first, "Purchase", "One-Time", quantity, price, amount, {}});
        const std::vector<Cents> parts = spread(amount, months_ - first);
        for (std::size_t m = 0; m < parts.size(); ++m)
          out.push_back({first + m, "Usage", "Recurring", 0.0, price, {}, parts[m]});
      }
    }
    return out;
  }

  const Json& doc_;
  FocusVersion version_;
  std::size_t months_ = 0;
  bool single_ = false;
  std::string start_;
  std::vector<std::pair<std::string, Value>> columns_;
  const Json* scenario_ = nullptr;
  const Json* line_ = nullptr;
};

}  // namespace

std::string write_focus_1_2(const ResultDocument& document, const Style&) {
  return FocusWriter(document.json(), FocusVersion::k1_2).write();
}
std::string write_focus_1_3(const ResultDocument& document, const Style&) {
  return FocusWriter(document.json(), FocusVersion::k1_3).write();
}
std::string write_focus_1_4(const ResultDocument& document, const Style&) {
  return FocusWriter(document.json(), FocusVersion::k1_4).write();
}

}  // namespace gpusize
