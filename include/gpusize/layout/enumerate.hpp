#pragma once
// Which layouts a model can take at all on a card, and why the others cannot.

#include <cstdint>
#include <string>
#include <vector>

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/model.hpp"
#include "gpusize/core/layout.hpp"

namespace gpusize {

/// Why something does not work: the number that failed and what it would have needed.
struct Infeasible {
  std::string reason;  ///< empty: feasible
  double needed = 0.0;
  double available = 0.0;
  std::string unit;
  [[nodiscard]] bool feasible() const { return reason.empty(); }
};

/// All layouts up to `max_gpus` GPUs per replica: powers of two in tp (up to the link domain), pp
/// and, for models with experts, attention DP and expert parallelism over all of tp * dp or none.
std::vector<Layout> enumerate_layouts(const ModelSpec& model, const GpuSpec& gpu,
                                      std::int64_t max_gpus);

/// Divisibility of heads, layers, experts and widths.
Infeasible check_layout(const ModelSpec& model, const Layout& layout);

}  // namespace gpusize
