#pragma once
// Small cost models as text.

#include <string>

#include "gpusize/spec/read_document.hpp"
#include "gpusize/tco/engine.hpp"
#include "support/catch.hpp"

namespace gpusize::test {

inline TcoModel model_of(const std::string& text) {
  const auto document = read_yaml("model.yaml", text);
  REQUIRE(document.ok());
  auto model = read_tco_model(*document);
  if (!model.ok()) FAIL(render(model.errors().front()));
  if (model->period.years <= 0.0) model->period.years = 3.0;
  return std::move(model).value();
}

inline const std::string kHeader =
    "schema: gpusize.tco/v1\nsources: {s: {title: test, ref: test, as_of: 2026-01-01}}\n";

/// Own (fixed cost per unit and year) or rent (per unit-hour) units that a curve needs.
inline std::string own_rent_model(double own_per_unit_year, double rent_per_unit_hour,
                                  const std::string& shares) {
  return kHeader + "years: 1\ntraffic: {hourly_share_of_peak: " + shares +
         "}\n"
         "assumptions:\n"
         "  - {id: qps, value: 10, source: s, confidence: read}\n"
         "  - {id: base_replicas, value: 0, source: s, confidence: read}\n"
         "  - {id: own_price, value: " +
         std::to_string(own_per_unit_year) +
         ", source: s, confidence: read}\n"
         "  - {id: rent_price, value: " +
         std::to_string(rent_per_unit_hour) +
         ", source: s, confidence: read}\n"
         "variables:\n"
         "  - {id: replicas, formula: ceil(qps)}\n"
         "  - {id: excess, curve: excess, demand: qps, base: base_replicas}\n"
         "  - {id: needed, curve: needed, demand: qps}\n"
         "lines:\n"
         "  - {id: own, scenarios: [hybrid], unit: unit, quantity: base_replicas, price: "
         "own_price}\n"
         "  - {id: own, scenarios: [own], unit: unit, quantity: replicas, price: own_price}\n"
         "  - {id: rent, scenarios: [hybrid], unit: h, quantity: excess * 8760, price: "
         "rent_price}\n"
         "  - {id: rent, scenarios: [rent], unit: h, quantity: needed * 8760, price: rent_price}\n"
         "scenarios: [{id: own}, {id: rent}, {id: hybrid}]\n";
}

}  // namespace gpusize::test
