#pragma once
// GS4xx of one workload: what its GPUs cost, and whether something dated and known costs less.

#include <map>
#include <string>

#include "gate/judge.hpp"
#include "gpusize/catalog/default_price.hpp"
#include "gpusize/gate/check.hpp"
#include "gpusize/tco/api_price.hpp"

namespace gpusize {

/// Hours of a month, for every monthly amount of the gate: 8760 / 12.
constexpr double kHoursPerMonth = 730.0;

/// Prices per card and per API product, looked up once.
class GatePrices {
 public:
  GatePrices(const Catalog& catalog, std::string today);

  /// GPUs at the default on-demand price; nothing when the card has none.
  std::optional<WorkloadCost> of(const Assessment& assessment);
  /// GS404: another card that is nowhere worse and costs less.
  void judge_cheaper_card(Judge& judge);
  /// GS405: an API that serves the model carries the traffic for less than the GPUs cost.
  void judge_api(Judge& judge, const std::optional<WorkloadCost>& cost, const Traffic& traffic);

 private:
  const DefaultPrice& price_of(const std::string& gpu);
  const GpuSpec* find_cheaper(const Assessment& assessment);

  const Catalog& catalog_;
  std::string today_;
  ApiPrices api_;
  std::map<std::string, DefaultPrice> prices_;
  std::map<std::string, const GpuSpec*> cheaper_;
};

}  // namespace gpusize
