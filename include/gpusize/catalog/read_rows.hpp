#pragma once
// Lists of rows in data files.

#include <vector>

#include "gpusize/core/document.hpp"

namespace gpusize {

/// One entry of `into` per entry of the list, by `read`; a missing list has none.
template <typename T, typename Read>
void read_rows(Node list, std::vector<T>& into, const Read& read) {
  if (!list || !list.is_sequence()) return;
  for (const Node node : list) into.push_back(read(node));
}

}  // namespace gpusize
