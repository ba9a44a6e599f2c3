#pragma once
// Lists of a data file, element by element.

#include <vector>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/document.hpp"

namespace gpusize::calibrate {

/// Appends what `read(node, out)` makes of every element; nothing where there is no list.
template <typename T, typename Read>
void append_list(std::vector<T>& to, Node list, Read read, Diagnostics& out) {
  if (!list || !list.is_sequence()) return;
  for (const Node node : list) to.push_back(read(node, out));
}

}  // namespace gpusize::calibrate
