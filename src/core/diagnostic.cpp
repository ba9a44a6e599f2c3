#include "gpusize/core/diagnostic.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kInfo: return "note";
  }
  return "error";
}

}  // namespace

std::string Location::str() const {
  if (line <= 0) return printable(file);
  if (file.empty()) {  // standard input, an option's text
    return column <= 0 ? fmt::format("line {}", line)
                       : fmt::format("line {}, column {}", line, column);
  }
  if (column <= 0) return fmt::format("{}:{}", printable(file), line);
  return fmt::format("{}:{}:{}", printable(file), line, column);
}

Diagnostic make_error(std::string code, std::string message, Location where, std::string hint) {
  return {Severity::kError, std::move(code), std::move(message), std::move(where), std::move(hint)};
}

Diagnostic make_warning(std::string code, std::string message, Location where, std::string hint) {
  return {Severity::kWarning, std::move(code), std::move(message), std::move(where),
          std::move(hint)};
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::string render(const Diagnostic& diagnostic) {
  std::string out = fmt::format("{}: {} [{}]\n", word(diagnostic.severity),
                                printable(diagnostic.message), diagnostic.code);
  if (diagnostic.where.known()) out += fmt::format(" --> {}\n", diagnostic.where.str());
  if (!diagnostic.hint.empty()) out += fmt::format(" help: {}\n", printable(diagnostic.hint));
  return out;
}

}  // namespace gpusize
