#pragma once
// Which rows of engines' lists a data file means: by the words of backend, kernel and format.

#include <string>
#include <vector>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize::calibrate {

/// Empty: any. A row belongs when it has one of each.
struct RowMatch {
  std::vector<std::string> backends;       ///< what the backend begins with
  std::vector<std::string> kernels;        ///< parts of the kernel's name
  std::vector<std::string> formats;        ///< of the weights, as lists write them
  std::vector<std::string> architectures;  ///< of the card

  static RowMatch read(MapReader& reader);
  [[nodiscard]] bool holds(const KernelRow& row, const std::string& architecture) const;
};

/// Whether the text begins with one of these; never when there are none.
bool begins_with_any(const std::string& text, const std::vector<std::string>& beginnings);

}  // namespace gpusize::calibrate
