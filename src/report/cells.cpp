#include "report/cells.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/provenance.hpp"
#include "gpusize/report/text_table.hpp"

namespace gpusize {

using Json = nlohmann::ordered_json;

std::string cell(const Json& value, int digits) {
  if (value.is_number()) return human_number(value.get<double>(), digits);
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : "-";
}

std::string cell(const Json& object, std::string_view key, int digits) {
  const auto found = object.find(std::string(key));
  return found == object.end() ? "-" : cell(*found, digits);
}

std::string text_of(const Json& object, std::string_view key) {
  const auto found = object.find(std::string(key));
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string mark_of(const Json& entry) {
  const auto confidence = confidence_from(text_of(entry, "confidence"));
  return confidence && is_unverified(*confidence) ? "*" : "";
}

std::string exact(const Json& value) {
  constexpr double kExactWhole = 9007199254740992.0;  // 2^53
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::floor(number) == number && std::fabs(number) < kExactWhole)
      return fmt::format("{:.0f}", number);
  }
  return value.is_null() ? "" : value.dump();
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string citation(const Json& entry) {
  std::string out = text_of(entry, "source");
  if (const std::string ref = text_of(entry, "ref"); !ref.empty()) out += fmt::format(" <{}>", ref);
  if (const std::string date = text_of(entry, "as_of"); !date.empty()) out += ", " + date;
  return out;
}

std::string Footnotes::mark(const Json& entry) {
  const std::string note = citation(entry);
  auto found = std::find(notes_.begin(), notes_.end(), note);
  if (found == notes_.end()) found = notes_.insert(notes_.end(), note);
  return fmt::format("[{}]", found - notes_.begin() + 1);
}

std::vector<std::string> Footnotes::lines() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < notes_.size(); ++i)
    out.push_back(fmt::format("[{}] {}", i + 1, notes_[i]));
  return out;
}

}  // namespace gpusize
