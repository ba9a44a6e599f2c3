#include "report/plan_names.hpp"

#include <fmt/format.h>

namespace gpusize {

std::string layout_name(const nlohmann::ordered_json& layout) {
  std::string out = fmt::format("tp{}", layout["tp"].get<std::int64_t>());
  for (const char* key : {"pp", "ep", "dp"}) {
    if (layout[key].get<std::int64_t>() > 1)
      out += fmt::format(" {}{}", key, layout[key].get<std::int64_t>());
  }
  return out;
}

std::string line_name(const Words& words, std::string_view id) {
  const auto found = words.find(fmt::format("plan_line.{}", id));
  return std::string(found ? *found : id);
}

}  // namespace gpusize
