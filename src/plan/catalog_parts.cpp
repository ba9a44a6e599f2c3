#include "plan/catalog_parts.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/gpu_fact.hpp"
#include "gpusize/core/check.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/catalog_documents.hpp"

namespace gpusize {
namespace {

constexpr std::array<Formula, 7> kFormulas{{
    {"card.memory_gib", "memory_mib / 1024", "GiB", "definition"},
    {"card.memory_gib_sold", "memory_gb * 1000000000 / 1073741824", "GiB",
     "definition; decimal GB as a lower bound"},
    {"card.tflops_per_w", "tflops / tdp_w", "TFLOPS/W", "definition"},
    {"card.ridge", "tflops * 1000 / bandwidth_gb_s", "FLOP/B",
     "roofline model, Williams et al. 2009"},
    {"card.usd_per_tflops", "usd_per_hour / tflops", "USD/hour/TFLOPS", "definition"},
    {"model.tensor_elements", "rows * cols * count * layers", "parameters", "definition"},
    {"card.usd_per_tb_s", "usd_per_hour / (bandwidth_gb_s / 1000)", "USD/hour/(TB/s)",
     "definition"},
}};

constexpr std::array<PriceBasis, 4> kRentBases{PriceBasis::kOnDemand, PriceBasis::kSpot,
                                               PriceBasis::kReserved1Year,
                                               PriceBasis::kReserved3Year};

void put_price(ObjectWriter& entry, const DefaultPrice& price, PriceBasis basis,
               std::string_view gpu) {
  entry.text("basis", name_of(basis));
  if (!price.price) {
    entry.null("usd_per_gpu_hour");
    entry.text("reason", price.reason);
    return;
  }
  entry.number("usd_per_gpu_hour", price.price->in(units::USD_per_hour),
               why_price(price, basis, fmt::format("{}.{}_usd_per_gpu_hour", gpu, name_of(basis))));
  entry.text("rule", price.rule);
  entry.flag("stale", price.stale);
}

}  // namespace

std::span<const Formula> listing_formulas() { return kFormulas; }

const Formula& listing_formula(std::string_view id) {
  const auto found = std::find_if(kFormulas.begin(), kFormulas.end(),
                                  [&](const Formula& f) { return f.id == id; });
  GPUSIZE_CHECK(found != kFormulas.end(), fmt::format("no listing formula {}", id));
  return *found;
}

ResultDocument listing(const Catalog& catalog, std::string_view command, std::string_view view,
                       std::string_view as_of) {
  ResultDocument document(fmt::format("https://gpusize.dev/schema/{}-1.schema.json", command),
                          command);
  ObjectWriter root = document.root();
  root.text("view", view);
  ObjectWriter about = root.object("catalog");
  about.text("version", catalog.version());
  about.text("as_of", as_of);
  return document;
}

void put_source(ObjectWriter& out, const Source& source, Confidence confidence,
                std::string_view note) {
  out.text("source", source.title);
  out.text("ref", source.ref);
  out.text("as_of", source.as_of);
  out.text("confidence", name_of(confidence));
  if (!note.empty()) out.text("note", note);
}

Why why_gpu_fact(const GpuSpec& gpu, const GpuFact& fact) {
  GPUSIZE_CHECK(fact.number.has_value(), fmt::format("{} is no number", fact.key));
  const GpuFactKind* kind = gpu_fact_kind(fact.key);
  return why_fact(fmt::format("{}.{}", gpu.id, fact.key), *fact.number,
                  std::string(kind == nullptr ? "" : kind->unit), NumberKind::kFact, fact.source,
                  fact.confidence, fact.note);
}

Why why_memory_gib(const GpuSpec& gpu) {
  const std::string label = fmt::format("{}.memory_gib", gpu.id);
  const double gib = gpu.memory.in(units::GiB);
  const GpuFact* fact = gpu.memory_fact();
  GPUSIZE_CHECK(fact != nullptr, "a card states its memory");
  const bool sold = fact->key == "memory_sold_gb";
  return why_formula(listing_formula(sold ? "card.memory_gib_sold" : "card.memory_gib"), label, gib,
                     {{sold ? "memory_gb" : "memory_mib", why_gpu_fact(gpu, *fact)}});
}

void put_default_prices(ObjectWriter& out, const Catalog& catalog, const GpuSpec& gpu,
                        std::string_view tier, std::string_view as_of) {
  for (const PriceBasis basis : kRentBases) {
    ObjectWriter entry = out.append("default_prices");
    put_price(entry, default_price(catalog, gpu.id, basis, tier, as_of), basis, gpu.id);
  }
  ObjectWriter entry = out.append("default_prices");
  entry.text("basis", name_of(PriceBasis::kOwned));
  const DefaultPurchase purchase = default_purchase(catalog, gpu.id);
  if (!purchase.price) {
    entry.null("purchase_usd");
    entry.text("reason", purchase.reason);
    return;
  }
  entry.number("purchase_usd", purchase.price->in(units::USD),
               why_purchase(purchase, fmt::format("{}.purchase_usd", gpu.id)));
  entry.text("rule", purchase.rule);
}

bool matches(const std::vector<std::string>& parts, const std::vector<std::string>& names) {
  if (parts.empty()) return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const std::string whole = normalise_name(name);
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
      return whole.find(normalise_name(part)) != std::string::npos;
    });
  });
}

bool same_or_any(std::string_view filter, std::string_view value) {
  return filter.empty() || normalise_name(filter) == normalise_name(value);
}

}  // namespace gpusize
