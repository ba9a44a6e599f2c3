#pragma once
// Kernel rates of one card from its timed kernels: robust least squares on relative errors, group
// by group, each parameter held near its shipped value where rows say nothing about it.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/calibrate/statistics.hpp"
#include "gpusize/calibrate/validate.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize {

struct FittedParameter {
  std::string name;  ///< `gemm.formats.bf16.flop_fraction`: as in the rates file
  std::string unit;
  double before = 0.0;  ///< of the shipped rates
  double after = 0.0;
  bool fitted = false;    ///< rows determine it; else the shipped value was kept in essence
  bool at_bound = false;  ///< the fit ended at a limit of what is plausible
};

/// A group of parameters that were fitted together.
struct RateGroupFit {
  std::string group;
  std::size_t n = 0;
  ErrorStatistics before;                   ///< of the shipped rates on these rows
  ErrorStatistics after;                    ///< of the fit, on the rows that it was made on
  std::optional<ErrorStatistics> held_out;  ///< fitted on one half, judged on the other, both ways
  std::vector<FittedParameter> parameters;
};

struct RateFit {
  KernelRates rates;
  std::vector<RateGroupFit> groups;
  std::size_t rows = 0;  ///< read
  std::size_t used = 0;
  std::vector<Tally> left_out;  ///< by reason, most frequent first
};

/// Rows of one card, then its rates.
class RateFitter {
 public:
  /// `gpu` must be in `catalog`, which must outlive this.
  RateFitter(const Catalog& catalog, const GpuSpec& gpu);

  /// Takes a row, or says why not: another card's (`cal-other-gpu`), faster than the card can be
  /// (`cal-physics`). Rows of operations without a rate are counted and left out.
  std::optional<Diagnostic> add(const std::string& file, const KernelRow& row);
  /// Nothing when no row can be used.
  [[nodiscard]] std::optional<RateFit> fit() const;
  /// The latest date that the rows state; empty: none.
  [[nodiscard]] const std::string& newest() const { return newest_; }

 private:
  [[nodiscard]] bool is_this_card(const std::string& name) const;

  const Catalog* catalog_;
  const GpuSpec* gpu_;
  std::vector<KernelRow> rows_;
  std::size_t seen_ = 0;
  std::string newest_;
};

/// Rates as a catalog file that `--catalog` reads, for this card alone.
std::string rates_overlay(const RateFit& fit, const GpuSpec& gpu, const std::string& date,
                          const std::vector<std::string>& files);

}  // namespace gpusize
