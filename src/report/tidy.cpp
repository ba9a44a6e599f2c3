#include "report/tidy.hpp"

#include <fmt/format.h>

#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

void add_leaves(const Json& value, const std::string& path, TextTable& out) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      add_leaves(child, fmt::format("{}/{}", path, key), out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      add_leaves(value[i], fmt::format("{}/{}", path, i), out);
  } else {
    out.row({path, exact(value)});
  }
}

}  // namespace

TextTable tidy(const Json& document) {
  TextTable out({{"path"}, {"value"}});
  add_leaves(document, "", out);
  return out;
}

}  // namespace gpusize
