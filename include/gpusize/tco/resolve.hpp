#pragma once
// Fills a model's assumptions from the catalog, the fleet and the traffic.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/tco/model.hpp"

namespace gpusize {

/// What is sized: the card and the numbers of a plan's option by name (`qps`, `replica_gpus`, ...),
/// each with its reason and, where it is uncertain, a range.
struct TcoFleet {
  struct Value {
    Why why;
    std::optional<double> low;
    std::optional<double> high;
  };
  const GpuSpec* gpu = nullptr;
  std::string model;  ///< catalog name of the model
  std::map<std::string, Value> values;
};

/// What the user chose beside the model's file.
struct TcoChoice {
  std::string region = "USA";
  std::string tier;         ///< of cloud prices; empty: the default order
  std::string api_product;  ///< empty: the product that serves the fleet's model
  std::vector<std::pair<std::string, double>> set;  ///< assumptions by id
  std::map<std::string, double> per_usd;            ///< --fx-rate
};

/// Applies `choice` and looks every `from` up. What has no value keeps a null `why` and says why.
/// Errors: unknown assumption or source, a currency without a rate, a negative price.
Diagnostics resolve_tco(TcoModel& model, const Catalog& catalog, const TcoFleet& fleet,
                        const TcoChoice& choice);

/// The shipped model with the user's file over it.
Result<TcoModel> shipped_tco_model(const Catalog& catalog);

}  // namespace gpusize
