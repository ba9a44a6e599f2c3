#include "gpusize/tco/price_book.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/spec/csv.hpp"
#include "gpusize/tco/currency.hpp"

namespace gpusize {
namespace {

constexpr double kDearest = 10'000.0;  // USD per GPU-hour, as the catalog's own bound

constexpr std::array<std::string_view, 4> kPrices{
    "on_demand_usd_per_gpu_hour", "spot_usd_per_gpu_hour", "reserved_1y_usd_per_gpu_hour",
    "reserved_3y_usd_per_gpu_hour"};

/// Columns that a shape knows and those that it needs.
struct Shape {
  std::vector<std::string_view> needed;
  std::vector<std::string_view> known;
};

Shape shape_of(PriceListShape shape) {
  if (shape == PriceListShape::kSkyPilot) {
    return {{"InstanceType", "AcceleratorName", "AcceleratorCount", "Price", "SpotPrice", "Region"},
            {"vCPUs", "MemoryGiB", "GpuInfo", "AvailabilityZone", "Generation", "Arch",
             "DeviceMemoryGiB", "LocalDiskType", "LocalDiskSize", "LocalDisks"}};
  }
  Shape plain{{"gpu"}, {"instance", "gpus", "region", "currency", "as_of", "note"}};
  plain.known.insert(plain.known.end(), kPrices.begin(), kPrices.end());
  return plain;
}

/// A quote that is being put together from one or more rows.
struct Quote {
  std::string gpu;
  std::string instance;
  double gpus = 1.0;
  std::string region;
  std::string as_of;
  std::string note;
  std::array<std::optional<double>, 4> prices;
  std::vector<double> spots;  ///< SkyPilot: one per zone
  std::vector<std::string> zones;
  int line = 0;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) >= 0x20) out.push_back(c);
  }
  return out + "\"";
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

class Importer {
 public:
  Importer(const Catalog& catalog, std::istream& in, const PriceImport& import)
      : catalog_(catalog), import_(import), reader_(in, import.file) {}

  Result<ImportedPrices> run() {
    CsvRow row;
    if (!reader_.next(row)) {
      if (!reader_.problems().empty()) return reader_.problems();
      return make_error("import-column", "the price list is empty", {import_.file, 0, 0});
    }
    read_header(row);
    if (has_errors(problems_)) return problems_;
    while (reader_.next(row)) read_row(row);
    for (const Diagnostic& d : reader_.problems()) problems_.push_back(d);
    if (quotes_.empty() && !has_errors(problems_))
      problems_.push_back(
          make_error("import-price", "no row of the list prices a GPU", {import_.file, 0, 0}));
    if (has_errors(problems_)) return problems_;
    return finish();
  }

 private:
  void error(const char* code, std::string message, const CsvRow& row, std::size_t field,
             std::string hint = {}) {
    constexpr std::size_t kMost = 50;  // a list of the wrong kind fails on every row
    if (problems_.size() < kMost)
      problems_.push_back(
          make_error(code, std::move(message), row.at(import_.file, field), std::move(hint)));
  }

  void read_header(const CsvRow& row) {
    const Shape shape = shape_of(import_.shape);
    std::vector<std::string> names;
    for (const auto* list : {&shape.needed, &shape.known})
      names.insert(names.end(), list->begin(), list->end());
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      const std::string name(trim(row.fields[i]));
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        error("import-column", fmt::format("unknown column \"{}\"", printable(name)), row, i,
              did_you_mean(name, names));
      } else if (!columns_.emplace(name, i).second) {
        error("import-column", fmt::format("column \"{}\" stands twice", name), row, i);
      }
    }
    for (const std::string_view name : shape.needed) {
      if (!columns_.contains(std::string(name)))
        error("import-column", fmt::format("column \"{}\" is missing", name), row, 0,
              fmt::format("columns: {}", fmt::join(names, ", ")));
    }
  }

  std::string text(const CsvRow& row, const std::string& column) const {
    const auto at = columns_.find(column);
    if (at == columns_.end() || at->second >= row.fields.size()) return {};
    return std::string(trim(row.fields[at->second]));
  }
  [[nodiscard]] std::size_t field(const std::string& column) const {
    const auto at = columns_.find(column);
    return at == columns_.end() ? 0 : at->second;
  }

  /// A price per GPU-hour; nothing for an empty cell.
  std::optional<double> price(const CsvRow& row, const std::string& column, double divisor) {
    const std::string cell = text(row, column);
    if (cell.empty() || cell == "nan" || cell == "NaN") return {};
    const auto value = parse_number(cell);
    if (!value || !std::isfinite(*value)) {
      error("import-price", fmt::format("\"{}\" is no price", printable(cell)), row, field(column));
      return {};
    }
    const double each = *value / divisor;
    if (each < 0.0 || each > kDearest) {
      error("import-price",
            fmt::format("a price of {} is outside 0 to {} per GPU-hour", cell, kDearest), row,
            field(column));
      return {};
    }
    return each;
  }

  std::string card(const CsvRow& row, const std::string& column) {
    const std::string name = text(row, column);
    const auto mapped = import_.cards.find(name);
    const std::string& wanted = mapped == import_.cards.end() ? name : mapped->second;
    const auto found = catalog_.find_gpu(wanted);
    if (!found.ok()) {
      error("import-card", found.errors().front().message, row, field(column),
            fmt::format("--map \"{}=CARD\" says which card it is; {}", printable(name),
                        found.errors().front().hint));
      return {};
    }
    if (!found->note.empty() && mapped == import_.cards.end()) {
      error("import-card",
            fmt::format("\"{}\" means several cards: {}", printable(name), found->note), row,
            field(column), fmt::format("--map \"{}={}\" decides", name, found->entry->id));
      return {};
    }
    return found->entry->id;
  }

  void duplicate(const CsvRow& row, const Quote& first) {
    error("import-duplicate",
          fmt::format("{} {} {} is priced twice, first in line {}", first.gpu, first.instance,
                      first.region, first.line),
          row, 0, "keep one of the rows");
  }

  void read_row(const CsvRow& row) {
    if (import_.shape == PriceListShape::kSkyPilot) {
      read_skypilot(row);
    } else {
      read_plain(row);
    }
  }

  void read_skypilot(const CsvRow& row) {
    if (text(row, "AcceleratorName").empty()) {
      ++out_.skipped;
      return;
    }
    const auto count = parse_number(text(row, "AcceleratorCount"));
    if (!count || *count <= 0.0) {
      error("import-price", "AcceleratorCount must be a number above 0", row,
            field("AcceleratorCount"));
      return;
    }
    const std::string gpu = card(row, "AcceleratorName");
    if (gpu.empty()) return;
    const auto on_demand = price(row, "Price", *count);
    const auto spot = price(row, "SpotPrice", *count);
    if (!on_demand && !spot) {
      ++out_.skipped;
      return;
    }
    Quote quote;
    quote.gpu = gpu;
    quote.instance = text(row, "InstanceType");
    quote.gpus = *count;
    quote.region = text(row, "Region");
    quote.as_of = import_.as_of;
    quote.line = row.line;
    const std::string zone = text(row, "AvailabilityZone");
    const std::string key = fmt::format("{}\n{}\n{}", gpu, quote.instance, quote.region);
    const auto [at, is_new] = index_.emplace(key, quotes_.size());
    if (is_new) quotes_.push_back(std::move(quote));
    Quote& known = quotes_[at->second];
    if (!is_new && std::find(known.zones.begin(), known.zones.end(), zone) != known.zones.end())
      return duplicate(row, known);
    if (on_demand && known.prices[0] && std::fabs(*known.prices[0] - *on_demand) > 1e-9) {
      error("import-duplicate",
            fmt::format("{} in {} costs {} and {} on demand", known.instance, known.region,
                        *known.prices[0] * *count, *on_demand * *count),
            row, field("Price"));
      return;
    }
    if (on_demand) known.prices[0] = on_demand;
    if (spot) known.spots.push_back(*spot);
    known.zones.push_back(zone);
  }

  void read_plain(const CsvRow& row) {
    Quote quote;
    quote.gpu = card(row, "gpu");
    if (quote.gpu.empty()) return;
    quote.instance = text(row, "instance");
    quote.region = text(row, "region");
    quote.note = text(row, "note");
    quote.line = row.line;
    quote.as_of = text(row, "as_of").empty() ? import_.as_of : text(row, "as_of");
    if (!check_date(quote.as_of, row)) return;
    if (const std::string gpus = text(row, "gpus"); !gpus.empty()) {
      const auto count = parse_integer(gpus);
      if (!count || *count < 1)
        return error("import-price", "gpus must be a whole number above 0", row, field("gpus"));
      quote.gpus = static_cast<double>(*count);
    }
    const auto rate = rate_of(row);
    if (!rate) return;
    bool any = false;
    const std::size_t before = problems_.size();
    for (std::size_t i = 0; i < kPrices.size(); ++i) {
      quote.prices[i] = price(row, std::string(kPrices[i]), *rate);
      any = any || quote.prices[i].has_value();
    }
    if (!any) {
      if (problems_.size() == before) error("import-price", "the row states no price", row, 0);
      return;
    }
    const std::string key =
        fmt::format("{}\n{}\n{}\n{}", quote.gpu, quote.instance, quote.region, quote.as_of);
    const auto [at, is_new] = index_.emplace(key, quotes_.size());
    if (!is_new) return duplicate(row, quotes_[at->second]);
    quotes_.push_back(std::move(quote));
  }

  bool check_date(const std::string& date, const CsvRow& row) {
    if (!is_iso_date(date)) {
      error("import-date", fmt::format("\"{}\" is no date like 2026-08-24", printable(date)), row,
            field("as_of"), "or --as-of DATE for the whole list");
      return false;
    }
    if (date > import_.today) {
      error("import-date", fmt::format("{} lies in the future", date), row, field("as_of"));
      return false;
    }
    return true;
  }

  /// Units of the row's currency for one US dollar.
  std::optional<double> rate_of(const CsvRow& row) {
    const std::string code = text(row, "currency");
    if (code.empty() || code == "USD") return 1.0;
    if (!is_currency(code)) {
      error("import-currency", fmt::format("unknown currency \"{}\"", printable(code)), row,
            field("currency"), currency_hint(code));
      return {};
    }
    const auto rate = import_.per_usd.find(code);
    if (rate == import_.per_usd.end()) {
      error("import-rate", fmt::format("no exchange rate for {}", code), row, field("currency"),
            fmt::format("--fx-rate {}=NUMBER, {} for one USD", code, code));
      return {};
    }
    return rate->second;
  }

  /// What is wrong with a row that can still be shown.
  static std::string suspect(const Quote& quote) {
    const auto& on_demand = quote.prices[0];
    const auto& spot = quote.prices[1];
    if (!on_demand || !spot) return {};
    if (*on_demand < *spot) return "on-demand below spot: a commitment price may have leaked in";
    if (*on_demand == *spot) return "spot only: equals on-demand";
    return {};
  }

  void write_quote(Quote& quote) {
    if (!quote.spots.empty()) quote.prices[1] = median(quote.spots);
    out_.yaml += fmt::format("  - {{gpu: {}, instance: {}, gpus: {}, region: {}", quoted(quote.gpu),
                             quoted(quote.instance), quote.gpus, quoted(quote.region));
    for (std::size_t i = 0; i < kPrices.size(); ++i) {
      if (quote.prices[i]) out_.yaml += fmt::format(", {}: {:.10g}", kPrices[i], *quote.prices[i]);
    }
    out_.yaml += fmt::format(", source: list, as_of: {}, confidence: read", quote.as_of);
    const std::string mark = suspect(quote);
    if (!mark.empty()) {
      out_.yaml += fmt::format(", suspect: {}", quoted(mark));
      out_.notes.push_back(
          fmt::format("{} {} {}: {}", quote.gpu, quote.instance, quote.region, mark));
    }
    if (quote.spots.size() > 1) {
      const std::string zones = fmt::format("spot: median of {} zones", quote.spots.size());
      quote.note = quote.note.empty() ? zones : quote.note + "; " + zones;
    }
    if (!quote.note.empty()) out_.yaml += fmt::format(", note: {}", quoted(quote.note));
    out_.yaml += "}\n";
  }

  ImportedPrices finish() {
    const std::string title =
        import_.title.empty() ? fmt::format("price list {}", import_.file) : import_.title;
    out_.yaml = fmt::format(
        "schema: gpusize.prices/v1\nkind: cloud\nprovider: {}\ntier: {}\nsources:\n"
        "  list: {{title: {}, ref: {}, as_of: {}}}\nquotes:\n",
        quoted(import_.provider), quoted(import_.tier), quoted(title), quoted(import_.file),
        import_.as_of);
    for (Quote& quote : quotes_) write_quote(quote);
    out_.quotes = quotes_.size();
    return std::move(out_);
  }

  const Catalog& catalog_;
  const PriceImport& import_;
  CsvReader reader_;
  std::map<std::string, std::size_t> columns_;
  std::vector<Quote> quotes_;
  std::map<std::string, std::size_t> index_;
  Diagnostics problems_;
  ImportedPrices out_;
};

}  // namespace

Result<ImportedPrices> import_prices(const Catalog& catalog, std::istream& in,
                                     const PriceImport& import) {
  if (!is_iso_date(import.as_of))
    return make_error("import-date", fmt::format("\"{}\" is no date", import.as_of), {},
                      "--as-of DATE: the day of the list, for example 2026-11-24");
  if (import.as_of > import.today)
    return make_error("import-date", fmt::format("{} lies in the future", import.as_of));
  return Importer(catalog, in, import).run();
}

}  // namespace gpusize
