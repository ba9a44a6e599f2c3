#include "gpusize/core/layout.hpp"

#include <fmt/format.h>

namespace gpusize {

std::string describe(const Layout& layout) {
  std::string out = fmt::format("tp{}", layout.tp);
  if (layout.pp > 1) out += fmt::format(" pp{}", layout.pp);
  if (layout.ep > 1) out += fmt::format(" ep{}", layout.ep);
  if (layout.dp > 1) out += fmt::format(" dp{}", layout.dp);
  return out;
}

}  // namespace gpusize
