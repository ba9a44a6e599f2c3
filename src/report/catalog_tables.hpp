#pragma once
// The listings `gpus`, `models` and `prices` as tables, from their documents alone.

#include <string>

#include "gpusize/plan/result_document.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections gpu_sections(const ResultDocument& document);
Sections model_sections(const ResultDocument& document);
Sections price_sections(const ResultDocument& document);

/// A card's default prices with the rule of each; `document` has `default_prices`.
Section default_price_section(const nlohmann::ordered_json& document);

/// One row per listed thing under the document's own names, numbers in full.
std::string listing_csv(const ResultDocument& document);

}  // namespace gpusize
