#include <algorithm>

#include <fmt/format.h>

#include "gpusize/catalog/gpu_fact.hpp"
#include "gpusize/plan/catalog_documents.hpp"
#include "plan/catalog_parts.hpp"

namespace gpusize {
namespace {

/// Numbers of a card that every view shows; the key says the unit.
void put_number(ObjectWriter& out, std::string_view key, const GpuSpec& gpu,
                std::string_view fact_key) {
  const GpuFact* fact = gpu.fact(fact_key);
  if (fact == nullptr || !fact->number) return out.null(key);
  out.number(key, *fact->number, why_gpu_fact(gpu, *fact));
}

/// The 16-bit peak: BF16 where the card has it, else FP16.
const GpuFact* peak16(const GpuSpec& gpu) {
  for (const std::string_view key : {"bf16_tflops", "fp16_tflops"}) {
    if (const GpuFact* fact = gpu.fact(key); fact != nullptr && fact->number) return fact;
  }
  return nullptr;
}

void put_summary(ObjectWriter& out, const GpuSpec& gpu) {
  out.text("id", gpu.id);
  out.text("name", gpu.name);
  out.text("vendor", gpu.vendor);
  out.text("architecture", gpu.architecture);
  out.text("form_factor", gpu.form_factor);
  out.text("market", gpu.market);
  put_number(out, "memory_sold_gb", gpu, "memory_sold_gb");
  out.number("memory_gib", gpu.memory.in(units::GiB), why_memory_gib(gpu));
  put_number(out, "memory_bandwidth_gb_s", gpu, "memory_bandwidth_gb_s");
  const GpuFact* peak = peak16(gpu);
  put_number(out, "dense_16bit_tflops", gpu, peak == nullptr ? "" : peak->key);
  put_number(out, "dense_fp8_tflops", gpu, "fp8_tflops");
  put_number(out, "tdp_w", gpu, "tdp_w");
  out.text("confidence", name_of(gpu.core_confidence()));
  out.flag("unverified", is_unverified(gpu.core_confidence()));
}

void put_fact(ObjectWriter& out, const GpuSpec& gpu, const GpuFact& fact, const GpuFactKind& kind) {
  out.text("key", fact.key);
  out.text("label", kind.label);
  out.text("group", name_of(kind.group));
  if (fact.number) {
    out.number("value", *fact.number, why_gpu_fact(gpu, fact));
  } else {
    out.text("value", fact.text);
  }
  if (!kind.unit.empty()) out.text("unit", kind.unit);
  put_source(out, fact.source, fact.confidence, fact.note);
}

Why why_mig(const GpuSpec& gpu, const MigProfile& profile, std::string_view what, double value,
            std::string unit) {
  return why_fact(fmt::format("{} {} {}", gpu.id, profile.name, what), value, std::move(unit),
                  NumberKind::kFact, profile.source, profile.confidence);
}

void put_mig(ObjectWriter& out, const GpuSpec& gpu, const MigProfile& profile) {
  out.text("profile", profile.name);
  out.number("memory_label_gb", profile.memory_label_gb,
             why_mig(gpu, profile, "memory", profile.memory_label_gb, "GB"));
  if (profile.memory_reported_gib) {
    out.number("memory_gib", *profile.memory_reported_gib,
               why_mig(gpu, profile, "memory", *profile.memory_reported_gib, "GiB"));
  } else {
    out.null("memory_gib");
  }
  if (profile.compute_units) {
    const auto units = static_cast<double>(*profile.compute_units);
    out.integer("compute_units", *profile.compute_units,
                why_mig(gpu, profile, "compute units", units, ""));
  } else {
    out.null("compute_units");
  }
  out.integer("max_instances", profile.max_instances,
              why_mig(gpu, profile, "instances", static_cast<double>(profile.max_instances), ""));
  put_source(out, profile.source, profile.confidence, "");
}

/// Figures that need two facts of a card and, for the last two, a price.
void put_ratios(ObjectWriter& out, const GpuSpec& gpu, const Why& price) {
  const GpuFact* peak = peak16(gpu);
  const GpuFact* tdp = gpu.fact("tdp_w");
  const Why bandwidth = why_gpu_fact(gpu, *gpu.fact("memory_bandwidth_gb_s"));
  const Why tflops = peak == nullptr ? nullptr : why_gpu_fact(gpu, *peak);
  const Why watts = tdp == nullptr || !tdp->number ? nullptr : why_gpu_fact(gpu, *tdp);
  const auto put = [&](std::string_view key, std::string_view formula, bool known, double value,
                       auto inputs) {
    if (!known) return out.null(key);
    out.number(
        key, value,
        why_formula(listing_formula(formula), fmt::format("{}.{}", gpu.id, key), value, inputs()));
  };
  using Inputs = std::vector<std::pair<std::string, Why>>;
  const bool rated = tflops != nullptr;
  const bool priced = price != nullptr;
  put("dense_16bit_tflops_per_w", "card.tflops_per_w", rated && watts != nullptr,
      rated && watts != nullptr ? tflops->value / watts->value : 0.0, [&] {
        return Inputs{{"tflops", tflops}, {"tdp_w", watts}};
      });
  put("ridge_flops_per_byte", "card.ridge", rated,
      rated ? tflops->value * 1000.0 / bandwidth->value : 0.0, [&] {
        return Inputs{{"tflops", tflops}, {"bandwidth_gb_s", bandwidth}};
      });
  put("usd_per_hour_per_tflops", "card.usd_per_tflops", rated && priced,
      rated && priced ? price->value / tflops->value : 0.0, [&] {
        return Inputs{{"usd_per_hour", price}, {"tflops", tflops}};
      });
  put("usd_per_hour_per_tb_s", "card.usd_per_tb_s", priced,
      priced ? price->value / (bandwidth->value / 1000.0) : 0.0, [&] {
        return Inputs{{"usd_per_hour", price}, {"bandwidth_gb_s", bandwidth}};
      });
}

void put_comparison(ObjectWriter& out, const Catalog& catalog, const GpuSpec& gpu,
                    std::string_view as_of) {
  put_summary(out, gpu);
  const DefaultPrice rent = default_price(catalog, gpu.id, PriceBasis::kOnDemand, "", as_of);
  Why why;
  if (rent.price) {
    why = why_price(rent, PriceBasis::kOnDemand, fmt::format("{}.usd_per_gpu_hour", gpu.id));
    out.number("usd_per_gpu_hour", why->value, why);
  } else {
    out.null("usd_per_gpu_hour");
  }
  out.text("price_rule", rent.price ? rent.rule : rent.reason);
  const DefaultPurchase purchase = default_purchase(catalog, gpu.id);
  if (purchase.price) {
    out.number("purchase_usd", purchase.price->in(units::USD),
               why_purchase(purchase, fmt::format("{}.purchase_usd", gpu.id)));
  } else {
    out.null("purchase_usd");
  }
  out.text("purchase_rule", purchase.price ? purchase.rule : purchase.reason);
  put_ratios(out, gpu, why);
}

}  // namespace

std::vector<const GpuSpec*> select_gpus(const Catalog& catalog, const GpuQuery& query) {
  std::vector<const GpuSpec*> out;
  for (const GpuSpec& gpu : catalog.gpus()) {
    std::vector<std::string> names{gpu.id, gpu.name};
    names.insert(names.end(), gpu.aliases.begin(), gpu.aliases.end());
    const bool wanted = matches(query.names, names) && same_or_any(query.vendor, gpu.vendor) &&
                        same_or_any(query.architecture, gpu.architecture) &&
                        same_or_any(query.market, gpu.market);
    if (!wanted || (query.min_memory && gpu.memory < *query.min_memory)) continue;
    if (query.computes && !gpu.peak(*query.computes)) continue;
    out.push_back(&gpu);
  }
  return out;
}

ResultDocument gpu_list_document(const Catalog& catalog, const std::vector<const GpuSpec*>& gpus) {
  ResultDocument document = listing(catalog, "gpus", "list", catalog.as_of());
  ObjectWriter root = document.root();
  root.list("gpus");
  for (const GpuSpec* gpu : gpus) {
    ObjectWriter entry = root.append("gpus");
    put_summary(entry, *gpu);
  }
  return document;
}

ResultDocument gpu_card_document(const Catalog& catalog, const GpuSpec& gpu, std::string_view note,
                                 std::string_view as_of) {
  ResultDocument document = listing(catalog, "gpus", "card", as_of);
  ObjectWriter root = document.root();
  if (!note.empty()) root.text("note", note);
  ObjectWriter card = root.object("gpu");
  put_summary(card, gpu);
  card.list("aliases");
  for (const std::string& alias : gpu.aliases) card.append_text("aliases", alias);
  if (!gpu.lifecycle_note.empty()) card.text("lifecycle_note", gpu.lifecycle_note);
  root.list("facts");
  for (const GpuFactKind& kind : gpu_fact_kinds()) {
    const GpuFact* fact = gpu.fact(kind.key);
    if (fact == nullptr) continue;
    ObjectWriter entry = root.append("facts");
    put_fact(entry, gpu, *fact, kind);
  }
  root.list("mig_profiles");
  for (const MigProfile& profile : gpu.mig_profiles) {
    ObjectWriter entry = root.append("mig_profiles");
    put_mig(entry, gpu, profile);
  }
  put_default_prices(root, catalog, gpu, "", as_of);
  return document;
}

ResultDocument gpu_comparison_document(const Catalog& catalog,
                                       const std::vector<const GpuSpec*>& gpus,
                                       std::string_view as_of) {
  ResultDocument document = listing(catalog, "gpus", "compare", as_of);
  ObjectWriter root = document.root();
  root.list("gpus");
  for (const GpuSpec* gpu : gpus) {
    ObjectWriter entry = root.append("gpus");
    put_comparison(entry, catalog, *gpu, as_of);
  }
  return document;
}

}  // namespace gpusize
