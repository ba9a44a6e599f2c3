#pragma once
// Dated price quotes and data-centre cost facts.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/provenance.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// How a cloud GPU hour is bought.
enum class PriceBasis : std::uint8_t { kOnDemand, kSpot, kReserved1Year, kReserved3Year, kOwned };
std::string_view name_of(PriceBasis basis);
std::optional<PriceBasis> price_basis_from(std::string_view name);

struct CloudQuote {
  std::string gpu;  ///< catalog id
  std::string provider;
  std::string tier;  ///< hyperscaler, neocloud, marketplace
  std::string instance;
  std::int64_t gpus = 1;
  std::string region;
  std::optional<UsdPerSec> on_demand;
  std::optional<UsdPerSec> spot;
  std::optional<UsdPerSec> reserved_1y;
  std::optional<UsdPerSec> reserved_3y;
  std::optional<UsdPerSec> other;
  std::string other_term;
  std::string suspect;  ///< why defaults skip this row; empty: trusted
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
  Location where;  ///< the row in its data file

  [[nodiscard]] std::optional<UsdPerSec> price(PriceBasis basis) const;
};

struct PurchaseQuote {
  std::string item;  ///< catalog id of a GPU, or what it is
  std::string what;  ///< gpu, gpu-used, server, network, ...
  std::optional<Usd> low;
  std::optional<Usd> typical;
  std::optional<Usd> high;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
  bool is_card = false;  ///< `item` names a card
  Location where;        ///< the row in its data file
};

struct RegionEnergy {
  std::string code;
  std::string name;
  std::optional<UsdPerJoule> electricity;
  std::optional<double> carbon_g_per_kwh;
  Source price_source;
  Source carbon_source;
  Confidence confidence = Confidence::kUnverified;
};

/// A data-centre figure (PUE, colocation, failure rate ...) with its own unit.
struct DatacenterFact {
  std::string id;
  double value = 0.0;
  std::string unit;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

}  // namespace gpusize
