#include "cli/inputs.hpp"

#include <fmt/format.h>

namespace gpusize::cli {

void InputsWriter::operator()(std::string_view key, const std::string& value) {
  if (value.empty()) return out_.null(key);
  out_.text(key, value);
}

void InputsWriter::operator()(std::string_view key, const std::vector<std::string>& values) {
  out_.list(key);
  for (const std::string& value : values) out_.append_text(key, value);
}

void InputsWriter::operator()(std::string_view key, const std::optional<double>& value) {
  if (!value) return out_.null(key);
  out_.number(key, *value, why_input(std::string(key), *value, "", fmt::format("option {}", key)));
}

void InputsWriter::operator()(std::string_view key, bool value) { out_.flag(key, value); }

bool InputsReader::given(std::string_view key) {
  const Node node = reader_.node(key);
  return node && !node.is_null();
}

void InputsReader::operator()(std::string_view key, std::string& value) {
  if (given(key)) value = reader_.text(key).value_or(value);
}

void InputsReader::operator()(std::string_view key, std::vector<std::string>& values) {
  if (given(key)) values = reader_.texts(key);
}

void InputsReader::operator()(std::string_view key, std::optional<double>& value) {
  if (given(key)) value = reader_.number(key);
}

void InputsReader::operator()(std::string_view key, bool& value) {
  if (given(key)) value = reader_.boolean(key).value_or(value);
}

}  // namespace gpusize::cli
