#pragma once
// What published texts say a change does to the answers (data/quality), and what goes with it.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"

namespace gpusize {

/// One kind of change. Without a loss no figure is known.
struct QualityNote {
  std::string id;
  std::string risk;  ///< none, low, some or unknown
  std::optional<double> loss_low_pct;
  std::optional<double> loss_high_pct;
  std::string text;
  Source source;
  Confidence confidence = Confidence::kUnverified;
};

/// How often drafted tokens of an architecture are accepted.
struct AcceptanceNote {
  std::string architecture;
  double value = 0.0;
  std::string text;
  Source source;
  Confidence confidence = Confidence::kUnverified;
};

/// 2:4 sparse GEMMs against dense ones over a range of tokens: dense time over sparse time.
struct SparseKernelNote {
  double tokens_low = 0.0;
  double tokens_high = 0.0;
  double speedup_low = 0.0;
  double speedup_high = 0.0;
};

struct QualityData {
  std::vector<QualityNote> changes;
  std::vector<AcceptanceNote> acceptance;
  std::vector<SparseKernelNote> sparse_kernels;

  /// The note under `id`; there must be one.
  [[nodiscard]] const QualityNote& of(std::string_view id) const;
};

/// All `gpusize.quality/v1` documents of the catalog, later ones first by id.
Result<QualityData> read_quality(const Catalog& catalog);

}  // namespace gpusize
