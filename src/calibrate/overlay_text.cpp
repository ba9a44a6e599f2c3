#include "calibrate/overlay_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace gpusize::calibrate {

std::string yaml_text(std::string_view text) {
  // A JSON string is a YAML double-quoted scalar; broken UTF-8 is replaced.
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string yaml_list(const std::vector<std::string>& items) {
  std::vector<std::string> parts;
  parts.reserve(items.size());
  for (const std::string& item : items) parts.push_back(yaml_text(item));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

}  // namespace gpusize::calibrate
