#include "gpusize/tco/resolve.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/default_price.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/tco/api_price.hpp"

namespace gpusize {
namespace {

constexpr Formula kConvert{"tco.convert", "amount / per_usd", "USD", "the stated exchange rate"};

/// Looks up one assumption after another.
class Resolver {
 public:
  Resolver(TcoModel& model, const Catalog& catalog, const TcoFleet& fleet, const TcoChoice& choice)
      : model_(model), catalog_(catalog), fleet_(fleet), choice_(choice) {}

  Diagnostics run() {
    for (const auto& [code, rate] : choice_.per_usd) model_.per_usd[code] = rate;
    for (const auto& [id, value] : choice_.set) set(id, value);
    for (TcoAssumption& a : model_.assumptions) {
      if (!a.from.empty()) look_up(a);
      if (a.why == nullptr) continue;
      convert(a);
      if (a.low_factor && !a.low) a.low = *a.low_factor * a.value();
      if (a.high_factor && !a.high) a.high = *a.high_factor * a.value();
      check(a);
    }
    return std::move(problems_);
  }

 private:
  void set(const std::string& id, double value) {
    TcoAssumption* a = model_.assumption(id);
    if (a == nullptr) {
      std::vector<std::string> known;
      for (const TcoAssumption& row : model_.assumptions) known.push_back(row.id);
      problems_.push_back(make_error("tco-assumption",
                                     fmt::format("unknown assumption \"{}\"", printable(id)), {},
                                     did_you_mean(id, known)));
      return;
    }
    a->why = why_input(a->id, value, a->unit, fmt::format("--assume {}", id));
    a->from.clear();
    a->currency.clear();
    a->low.reset();
    a->high.reset();
    a->low_factor.reset();
    a->high_factor.reset();
  }

  void fact(TcoAssumption& a, const std::string& id) {
    const DatacenterFact* found = catalog_.datacenter_fact(id);
    if (found == nullptr) {
      a.missing = fmt::format("the catalog has no data-centre figure {}", id);
      return;
    }
    a.why = why_fact(a.id, found->value, a.unit, NumberKind::kFact, found->source,
                     found->confidence, found->note.empty() ? a.name : found->note);
  }

  void price(TcoAssumption& a, PriceBasis basis) {
    if (fleet_.gpu == nullptr) return;
    const DefaultPrice found =
        default_price(catalog_, fleet_.gpu->id, basis, choice_.tier, catalog_.as_of());
    if (!found.price) {
      a.missing = fmt::format("{} of {}", found.reason, fleet_.gpu->id);
      return;
    }
    a.why = why_price(found, basis, a.id);
    double low = a.why->value;
    double high = a.why->value;
    for (const CloudQuote* quote : found.quotes) {
      low = std::min(low, quote->price(basis)->in(units::USD_per_hour));
      high = std::max(high, quote->price(basis)->in(units::USD_per_hour));
    }
    a.low = low;
    a.high = high;
  }

  void purchase(TcoAssumption& a) {
    if (fleet_.gpu == nullptr) return;
    const DefaultPurchase found = default_purchase(catalog_, fleet_.gpu->id);
    if (!found.price) {
      a.missing = fmt::format("{} ({})", found.reason, fleet_.gpu->id);
      return;
    }
    a.why = why_purchase(found, a.id);
    double low = a.why->value;
    double high = a.why->value;
    for (const PurchaseQuote* quote : found.quotes) {
      low = std::min(low, quote->low.value_or(*quote->typical).in(units::USD));
      high = std::max(high, quote->high.value_or(*quote->typical).in(units::USD));
    }
    a.low = low;
    a.high = high;
  }

  /// The price of a short reserved block: the newest quote that names one, suspect or not, because
  /// the catalog has no other; its mark goes into the note.
  void block(TcoAssumption& a) {
    if (fleet_.gpu == nullptr) return;
    const CloudQuote* newest = nullptr;
    for (const CloudQuote& quote : catalog_.quotes()) {
      if (quote.gpu != fleet_.gpu->id || quote.other_term != "capacity block" || !quote.other)
        continue;
      if (newest == nullptr || quote.source.as_of > newest->source.as_of) newest = &quote;
    }
    if (newest == nullptr) {
      a.missing = fmt::format("no price known: no capacity-block quote of {}", fleet_.gpu->id);
      return;
    }
    a.why = why_fact(a.id, newest->other->in(units::USD_per_hour), a.unit, NumberKind::kFact,
                     newest->source, newest->confidence, newest->suspect);
  }

  void region(TcoAssumption& a, bool carbon) {
    const RegionEnergy* region = catalog_.region(choice_.region);
    if (!carbon) {
      if (region == nullptr || !region->electricity) {
        a.missing = fmt::format("no electricity price of region {}", choice_.region);
        return;
      }
      a.why = why_fact(a.id, region->electricity->in(units::USD_per_kWh), a.unit, NumberKind::kFact,
                       region->price_source, region->confidence, region->name);
      return;
    }
    const bool known = region != nullptr && region->carbon_g_per_kwh;
    const RegionEnergy* used = known ? region : catalog_.region("WLD");
    if (used == nullptr || !used->carbon_g_per_kwh) {
      a.missing = fmt::format("no carbon intensity of region {}", choice_.region);
      return;
    }
    a.why = why_fact(a.id, *used->carbon_g_per_kwh, a.unit, NumberKind::kFact, used->carbon_source,
                     known ? Confidence::kRead : Confidence::kUnverified,
                     known ? used->name : "region not known: mean of the world");
  }

  void from_fleet(TcoAssumption& a, const std::string& name) {
    const auto found = fleet_.values.find(name);
    if (found == fleet_.values.end()) {
      a.missing = fmt::format("the plan gives no {}", name);
      return;
    }
    a.why = found->second.why;
    if (!a.low) a.low = found->second.low;
    if (!a.high) a.high = found->second.high;
  }

  /// `hit`, `miss`, `output` (the cheaper hours), `peak_hit` ..., `peak_share`, `concurrency`.
  void api(TcoAssumption& a, const std::string& what) {
    if (!api_) {
      auto read = read_api_prices(catalog_);
      if (!read.ok()) {
        problems_.insert(problems_.end(), read.errors().begin(), read.errors().end());
        api_ = ApiPrices{};
      } else {
        api_ = std::move(read).value();
      }
    }
    const ApiProduct* product = find_api_product(*api_, choice_.api_product, fleet_.model);
    if (product == nullptr) {
      a.missing =
          choice_.api_product.empty()
              ? fmt::format("no API sells {}: --api-product NAME compares with another model",
                            fleet_.model)
              : fmt::format("no API product \"{}\"", choice_.api_product);
      return;
    }
    const ApiPrice* price = price_on(*api_, product->id, catalog_.as_of());
    if (price == nullptr) {
      a.missing = fmt::format("no price of {} on {}", product->id, catalog_.as_of());
      return;
    }
    Source source = price->source;
    source.as_of = std::max(source.as_of, price->from);
    const auto fact = [&](double value) {
      a.why =
          why_fact(fmt::format("{} {}", product->id, what), value, a.unit, NumberKind::kFact,
                   source, price->confidence, fmt::format("from {}; {}", price->from, price->note));
    };
    if (what == "hit") return fact(price->hit);
    if (what == "miss") return fact(price->miss);
    if (what == "output") return fact(price->output);
    if (what == "peak_hit") return fact(price->peak_hit.value_or(price->hit));
    if (what == "peak_miss") return fact(price->peak_miss.value_or(price->miss));
    if (what == "peak_output") return fact(price->peak_output.value_or(price->output));
    if (what == "peak_share") {
      a.why = why_search(a.id, peak_share(*api_, *price, model_.traffic), a.unit,
                         "share of the traffic that falls into the product's peak hours (UTC)", {});
      return;
    }
    if (what == "concurrency") {
      if (product->concurrency) return fact(*product->concurrency);
      a.missing = "no concurrency limit published";
      return;
    }
    problems_.push_back(
        make_error("tco-from", fmt::format("\"{}\" cannot come from api.{}", a.id, what), a.where));
  }

  void tdp(TcoAssumption& a) {
    const GpuFact* tdp = fleet_.gpu == nullptr ? nullptr : fleet_.gpu->fact("tdp_w");
    if (tdp == nullptr || !tdp->number) {
      a.missing = "no TDP known";
      return;
    }
    a.why = why_fact(fmt::format("{}.tdp_w", fleet_.gpu->id), *tdp->number, "W", NumberKind::kFact,
                     tdp->source, tdp->confidence, tdp->note);
  }

  void look_up(TcoAssumption& a) {
    const std::string& from = a.from;
    if (from.starts_with("fact:")) return fact(a, from.substr(5));
    if (from.starts_with("fleet.")) return from_fleet(a, from.substr(6));
    if (from.starts_with("api.")) return api(a, from.substr(4));
    if (from == "gpu.tdp_w") return tdp(a);
    if (from == "price.purchase") return purchase(a);
    if (from == "price.capacity-block") return block(a);
    if (from.starts_with("price.")) {
      if (const auto basis = price_basis_from(from.substr(6))) return price(a, *basis);
    }
    if (from == "region.electricity") return region(a, false);
    if (from == "region.carbon") return region(a, true);
    if (from == "traffic.mean") {
      a.why = why_search(
          a.id, model_.traffic.mean(), a.unit,
          fmt::format("mean of the hourly shares of the peak ({})", model_.traffic_source), {});
      return;
    }
    if (from == "search.base") {  // until the hybrid search has run
      a.why = why_count(a.id, 0.0, "found by the hybrid search");
      return;
    }
    problems_.push_back(make_error(
        "tco-from", fmt::format("\"{}\" cannot come from \"{}\"", a.id, printable(from)), a.where,
        "fact: ID, or from: fleet.*, gpu.tdp_w, price.*, region.*, api.*, traffic.mean"));
  }

  void convert(TcoAssumption& a) {
    if (a.currency.empty() || a.currency == "USD") return;
    const auto rate = model_.per_usd.find(a.currency);
    if (rate == model_.per_usd.end()) {
      problems_.push_back(make_error(
          "tco-rate", fmt::format("no exchange rate for {} of \"{}\"", a.currency, a.id), a.where,
          fmt::format("--fx-rate {}=NUMBER, or fx: in the file ({} for one USD)", a.currency,
                      a.currency)));
      return;
    }
    const double factor = 1.0 / rate->second;
    const Why per_usd = why_input(a.currency, rate->second, a.currency + "/USD", "exchange rate");
    a.why = why_formula(kConvert, a.id, a.value() / rate->second,
                        {{"amount", a.why}, {"per_usd", per_usd}});
    if (a.low) a.low = *a.low * factor;
    if (a.high) a.high = *a.high * factor;
    a.currency.clear();
  }

  void check(const TcoAssumption& a) {
    if (!a.unit.starts_with("USD")) return;
    for (const auto& value : {std::optional<double>(a.value()), a.low, a.high}) {
      if (value && *value < 0.0) {
        problems_.push_back(make_error(
            "tco-negative",
            fmt::format("\"{}\" is {} {}: a price is not negative", a.id, *value, a.unit),
            a.where));
        return;
      }
    }
  }

  TcoModel& model_;
  const Catalog& catalog_;
  const TcoFleet& fleet_;
  const TcoChoice& choice_;
  std::optional<ApiPrices> api_;
  Diagnostics problems_;
};

}  // namespace

Diagnostics resolve_tco(TcoModel& model, const Catalog& catalog, const TcoFleet& fleet,
                        const TcoChoice& choice) {
  return Resolver(model, catalog, fleet, choice).run();
}

Result<TcoModel> shipped_tco_model(const Catalog& catalog) {
  const auto documents = catalog.documents("gpusize.tco/v1");
  if (documents.empty()) {
    return make_error("tco-model", "the catalog has no cost model", {},
                      "a file of schema gpusize.tco/v1, as data/tco/model.yaml");
  }
  TcoModel model;
  for (const Document* document : documents) {
    auto read = read_tco_model(*document);
    if (!read.ok()) return read.errors();
    model = lay_over(std::move(model), *read);
  }
  return model;
}

}  // namespace gpusize
