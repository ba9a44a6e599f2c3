#pragma once
// Result documents of the listings: what the catalog holds, every number with source and date.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/formula.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Which cards to list; empty fields do not filter.
struct GpuQuery {
  std::vector<std::string> names{};  ///< parts of an id, name or alias; any of them
  std::string vendor{};
  std::string architecture{};
  std::string market{};
  std::optional<Bytes> min_memory{};
  std::optional<Dtype> computes{};  ///< has tensor arithmetic in this format
};
std::vector<const GpuSpec*> select_gpus(const Catalog& catalog, const GpuQuery& query);

ResultDocument gpu_list_document(const Catalog& catalog, const std::vector<const GpuSpec*>& gpus);
/// All facts of one card and its default prices at `as_of`. `note` says how its name was
/// understood.
ResultDocument gpu_card_document(const Catalog& catalog, const GpuSpec& gpu, std::string_view note,
                                 std::string_view as_of);
/// Cards side by side with figures per watt, per byte and per dollar.
ResultDocument gpu_comparison_document(const Catalog& catalog,
                                       const std::vector<const GpuSpec*>& gpus,
                                       std::string_view as_of);

/// Which models to list; empty fields do not filter.
struct ModelQuery {
  std::vector<std::string> names{};  ///< parts of an id, name or alias; any of them
  std::string family{};
  bool moe_only = false;
  std::optional<double> max_parameters{};
};
/// Errors of models whose data cannot be read.
Result<std::vector<const ModelSpec*>> select_models(const Catalog& catalog,
                                                    const ModelQuery& query);

ResultDocument model_list_document(const Catalog& catalog,
                                   const std::vector<const ModelSpec*>& models);
ResultDocument model_card_document(const Catalog& catalog, const ModelSpec& model,
                                   std::string_view note);

/// Which prices to list; empty fields do not filter.
struct PriceQuery {
  std::vector<std::string> gpus{};  ///< catalog ids
  std::string kind{};               ///< cloud, purchase, electricity, datacenter; empty: by `gpus`
  std::string provider{};
  std::string tier{};
  std::optional<PriceBasis> basis{};
  std::string region{};  ///< part of a region's code or name
};
/// For one card also the default prices with their rules.
ResultDocument price_document(const Catalog& catalog, const PriceQuery& query,
                              std::string_view as_of);

/// Kinds that PriceQuery knows.
std::span<const std::string_view> price_kinds();

std::span<const Formula> listing_formulas();

}  // namespace gpusize
