#pragma once
// Price lists of others to a price file of the catalog (schema gpusize.prices/v1).

#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// What a price list looks like.
enum class PriceListShape : std::uint8_t {
  kSkyPilot,  ///< `vms.csv` of a SkyPilot catalog: prices of whole instances, a row per zone
  kPlain      ///< one row per price: gpu, region, ..._usd_per_gpu_hour (docs/prices.md)
};

struct PriceImport {
  PriceListShape shape = PriceListShape::kPlain;
  std::string file;  ///< name for messages and the source
  std::string provider;
  std::string tier;
  std::string as_of;  ///< ISO date of the list; rows of a plain list may state their own
  std::string today;  ///< dates after it are refused
  std::string title;  ///< of the source; empty: the file's name
  std::map<std::string, std::string> cards;  ///< names in the list to catalog names
  std::map<std::string, double> per_usd;     ///< exchange rates for a `currency` column
};

struct ImportedPrices {
  std::string yaml;
  std::size_t quotes = 0;
  std::size_t skipped = 0;  ///< rows without a GPU
  std::vector<std::string> notes;
};

/// Reads the whole list before anything is returned. Errors, each with its line: `import-card`
/// (unknown or ambiguous card), `import-duplicate`, `import-price` (negative, no number, none at
/// all), `import-date`, `import-currency`, `import-rate`, `import-column`.
Result<ImportedPrices> import_prices(const Catalog& catalog, std::istream& in,
                                     const PriceImport& import);

}  // namespace gpusize
