#pragma once
// Pieces that all listings share.

#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/catalog/default_price.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// A document with `command`, the `view` (list, card, compare) and the catalog's version and date.
ResultDocument listing(const Catalog& catalog, std::string_view command, std::string_view view,
                       std::string_view as_of);

void put_source(ObjectWriter& out, const Source& source, Confidence confidence,
                std::string_view note);

/// The derivation of a numeric fact of a card.
Why why_gpu_fact(const GpuSpec& gpu, const GpuFact& fact);
/// Memory that software can use, in GiB, from the driver's figure or else the label.
Why why_memory_gib(const GpuSpec& gpu);

/// The formula with this id from listing_formulas().
const Formula& listing_formula(std::string_view id);

/// Default prices of a card by basis, purchase last; each a price or the reason why there is none.
void put_default_prices(ObjectWriter& out, const Catalog& catalog, const GpuSpec& gpu,
                        std::string_view tier, std::string_view as_of);

/// Whether any of `parts` is in any of `names` (all normalised here); no parts: yes.
bool matches(const std::vector<std::string>& parts, const std::vector<std::string>& names);
/// Whether `filter` is empty or the same name.
bool same_or_any(std::string_view filter, std::string_view value);

}  // namespace gpusize
