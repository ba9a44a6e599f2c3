#include "calibrate/row_match.hpp"

#include <algorithm>

namespace gpusize::calibrate {
namespace {

template <class Matches>
bool any(const std::vector<std::string>& wanted, Matches matches) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), matches);
}

auto same(const std::string& text) {
  return [&text](const std::string& wanted) { return text == wanted; };
}

auto begins(const std::string& text) {
  return [&text](const std::string& wanted) { return text.starts_with(wanted); };
}

}  // namespace

RowMatch RowMatch::read(MapReader& reader) {
  return {reader.texts("backends"), reader.texts("kernels"), reader.texts("formats"),
          reader.texts("architectures")};
}

bool RowMatch::holds(const KernelRow& row, const std::string& architecture) const {
  return any(backends, begins(row.backend)) &&
         any(kernels,
             [&](const std::string& k) { return row.kernel.find(k) != std::string::npos; }) &&
         any(formats, same(row.dtype)) && any(architectures, same(architecture));
}

bool begins_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), begins(text));
}

}  // namespace gpusize::calibrate
