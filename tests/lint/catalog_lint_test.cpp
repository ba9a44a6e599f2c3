// The shipped catalog against what must hold of any catalog. Failures name the entry.

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/catalog/embedded.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/catalog_documents.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

const Catalog& shipped() {
  static const Catalog catalog = [] {
    auto loaded = Catalog::shipped();
    if (!loaded.ok()) {
      for (const Diagnostic& problem : loaded.errors()) UNSCOPED_INFO(render(problem));
    }
    REQUIRE(loaded.ok());
    return std::move(loaded).value();
  }();
  return catalog;
}

/// What is wrong with a source, or nothing.
std::string complaint(const Source& source) {
  if (source.title.empty()) return "no title";
  if (!is_iso_date(source.as_of)) return fmt::format("date \"{}\"", source.as_of);
  if (source.as_of > shipped().as_of())
    return fmt::format("{} is after the catalog's date", source.as_of);
  return {};
}

/// Every problem at once reads better than the first one.
void check_none(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) UNSCOPED_INFO(problem);
  CHECK(problems.empty());
}

/// Entries that one normalised name leads to.
using NameUse = std::map<std::string, std::set<std::string>>;

void add_names(NameUse& use, const std::string& id, const std::vector<std::string>& aliases) {
  use[normalise_name(id)].insert(id);
  for (const std::string& alias : aliases) use[normalise_name(alias)].insert(id);
}

void check_unique(const NameUse& use) {
  std::vector<std::string> problems;
  for (const auto& [name, ids] : use) {
    if (ids.size() > 1)
      problems.push_back(fmt::format("\"{}\" names {} entries", name, ids.size()));
  }
  check_none(problems);
}

NameUse model_names() {
  NameUse use;
  for (const std::string& id : shipped().model_ids()) {
    const auto model = shipped().find_model(id);
    REQUIRE(model.ok());
    add_names(use, id, model->entry->aliases);
  }
  return use;
}

Document data_file(const std::string& path) {
  auto document = read_document(fmt::format("{}/data/{}", GPUSIZE_SOURCE_DIR, path));
  REQUIRE(document.ok());
  return std::move(document).value();
}

}  // namespace

TEST_CASE("catalog lint: it loads without a word and settles") {
  Catalog copy = shipped();
  std::vector<std::string> problems;
  for (const Diagnostic& problem : copy.settle()) problems.push_back(render(problem));
  check_none(problems);
  CHECK(is_iso_date(copy.as_of()));
  CHECK(copy.gpus().size() >= 80);
  CHECK(copy.model_ids().size() >= 150);
}

TEST_CASE("catalog lint: the shipped files read alike as an overlay") {
  // As an overlay every model is read at once, not when it is asked for.
  Catalog catalog;
  for (const EmbeddedFile& file : embedded_files()) {
    const Diagnostics problems = catalog.overlay(data_file(std::string(file.path)));
    for (const Diagnostic& problem : problems) UNSCOPED_INFO(render(problem));
    CHECK(problems.empty());
  }
  CHECK(catalog.gpus().size() == shipped().gpus().size());
  CHECK(catalog.model_ids() == shipped().model_ids());
}

TEST_CASE("catalog lint: a name leads to one entry") {
  NameUse cards;
  for (const GpuSpec& gpu : shipped().gpus()) add_names(cards, gpu.id, gpu.aliases);
  check_unique(cards);
  check_unique(model_names());
  NameUse engines;
  for (const EngineProfile& engine : shipped().engines())
    add_names(engines, engine.id, engine.aliases);
  check_unique(engines);
}

TEST_CASE("catalog lint: ambiguous names choose among entries and are nobody's own") {
  NameUse cards;
  for (const GpuSpec& gpu : shipped().gpus()) add_names(cards, gpu.id, gpu.aliases);
  const NameUse models = model_names();
  const auto check = [](const std::string& path, const NameUse& use) {
    const Document document = data_file(path);
    for (const Node entry : document.root().find("ambiguous")) {
      INFO(path << ": " << entry.find("alias").text());
      CHECK(use.count(normalise_name(entry.find("choice").text())) == 1);
      CHECK(use.count(normalise_name(entry.find("alias").text())) == 0);
      for (const Node other : entry.find("others"))
        CHECK(use.count(normalise_name(other.text())) == 1);
    }
  };
  check("gpus-ambiguous.yaml", cards);
  check("models-ambiguous.yaml", models);
}

TEST_CASE("catalog lint: every fact has a source with a date that has passed") {
  std::vector<std::string> problems;
  const auto check = [&](const std::string& what, const Source& source) {
    if (const std::string wrong = complaint(source); !wrong.empty())
      problems.push_back(fmt::format("{}: {}", what, wrong));
  };
  for (const GpuSpec& gpu : shipped().gpus()) {
    for (const GpuFact& fact : gpu.facts)
      check(fmt::format("{} {}", gpu.id, fact.key), fact.source);
    for (const MigProfile& profile : gpu.mig_profiles)
      check(fmt::format("{} {}", gpu.id, profile.name), profile.source);
  }
  for (const EngineProfile& engine : shipped().engines()) {
    for (const EngineFact& fact : engine.facts)
      check(fmt::format("{} {}", engine.id, fact.key), fact.source);
  }
  for (const WorkloadProfile& workload : shipped().workloads()) check(workload.id, workload.source);
  for (const DatacenterFact& fact : shipped().datacenter()) check(fact.id, fact.source);
  for (const RegionEnergy& region : shipped().regions()) {
    if (region.electricity) check(region.code + " price", region.price_source);
    if (region.carbon_g_per_kwh) check(region.code + " carbon", region.carbon_source);
  }
  for (const std::string& id : shipped().model_ids())
    check(id, shipped().find_model(id)->entry->source);
  check_none(problems);
}

TEST_CASE("catalog lint: prices are dated, sourced and of a plausible size") {
  std::vector<std::string> problems;
  for (const CloudQuote& quote : shipped().quotes()) {
    const std::string what =
        fmt::format("{}: {} {}", quote.where.str(), quote.provider, quote.instance);
    if (const std::string wrong = complaint(quote.source); !wrong.empty())
      problems.push_back(what + ": " + wrong);
    if (quote.provider.empty() || quote.tier.empty())
      problems.push_back(what + ": no provider or tier");
    bool any = false;
    for (const auto& price :
         {quote.on_demand, quote.spot, quote.reserved_1y, quote.reserved_3y, quote.other}) {
      if (!price) continue;
      any = true;
      const double usd = price->in(units::USD_per_hour);
      if (usd < 0.05 || usd > 500.0)
        problems.push_back(fmt::format("{}: {} USD per GPU-hour", what, usd));
    }
    if (!any) problems.push_back(what + ": no price at all");
  }
  for (const PurchaseQuote& quote : shipped().purchases()) {
    const std::string what = fmt::format("{}: {}", quote.where.str(), quote.item);
    if (const std::string wrong = complaint(quote.source); !wrong.empty())
      problems.push_back(what + ": " + wrong);
    if (quote.low && quote.typical && *quote.low > *quote.typical)
      problems.push_back(what + ": low above typical");
    if (quote.high && quote.typical && *quote.high < *quote.typical)
      problems.push_back(what + ": high below typical");
  }
  check_none(problems);
}

TEST_CASE("catalog lint: engine profiles are complete") {
  const std::vector<std::string_view> always{"host_per_step_us",
                                             "host_per_sequence_us",
                                             "host_per_prefill_step_us",
                                             "request_overhead_ms",
                                             "eager_launch_us",
                                             "elementwise_traffic",
                                             "elementwise_launches",
                                             "quantise_launches",
                                             "kv_block_tokens",
                                             "context_gib",
                                             "graph_gib",
                                             "communication_gib",
                                             "logit_entry_bytes"};
  for (const EngineProfile& engine : shipped().engines()) {
    INFO(engine.id);
    for (const std::string_view key : always) {
      INFO(key);
      CHECK(engine.fact(key) != nullptr);
    }
    CHECK_FALSE(engine.version.empty());
    CHECK_FALSE(engine.vendors.empty());
    // SGLang's fraction follows from the card, by its own formula.
    const bool needs_fraction = engine.memory_rule == MemoryRule::kFractionOfTotal ||
                                engine.memory_rule == MemoryRule::kFractionOfFree;
    if (needs_fraction) CHECK(engine.memory_fraction.has_value());
    if (engine.memory_fraction)
      CHECK((*engine.memory_fraction > 0.0 && *engine.memory_fraction <= 1.0));
  }
}

TEST_CASE("catalog lint: engines name vendors and architectures that exist") {
  std::set<std::string> vendors;
  std::set<std::string> architectures;
  for (const GpuSpec& gpu : shipped().gpus()) {
    vendors.insert(gpu.vendor);
    architectures.insert(gpu.architecture);
  }
  for (const EngineProfile& engine : shipped().engines()) {
    INFO(engine.id);
    for (const std::string& vendor : engine.vendors) CHECK(vendors.count(vendor) == 1);
    for (const std::string& name : engine.architectures_excluded)
      CHECK(architectures.count(name) == 1);
  }
}

TEST_CASE("catalog lint: every number of every listing has a derivation that holds") {
  const auto check = [](const ResultDocument& document) {
    for (const std::string& path : document.numbers()) {
      const Why why = document.why(path);
      INFO(path);
      REQUIRE(why != nullptr);
      CHECK(first_mismatch(why).empty());
    }
  };
  const std::string& as_of = shipped().as_of();
  std::vector<const GpuSpec*> all;
  for (const GpuSpec& gpu : shipped().gpus()) {
    all.push_back(&gpu);
    check(gpu_card_document(shipped(), gpu, "", as_of));
  }
  check(gpu_comparison_document(shipped(), all, as_of));
  for (const std::string& id : shipped().model_ids()) {
    check(model_card_document(shipped(), *shipped().find_model(id)->entry, ""));
  }
  for (const std::string_view kind : price_kinds()) {
    PriceQuery query;
    query.kind = kind;
    check(price_document(shipped(), query, as_of));
  }
}
