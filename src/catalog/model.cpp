#include "gpusize/catalog/model.hpp"

#include <algorithm>

namespace gpusize {

std::int64_t ModelSpec::count_of(std::size_t index) const {
  return std::count(layers.begin(), layers.end(), static_cast<std::uint8_t>(index));
}

bool ModelSpec::has_experts() const {
  return std::any_of(kinds.begin(), kinds.end(), [](const LayerKind& k) { return k.ffn.is_moe(); });
}

}  // namespace gpusize
