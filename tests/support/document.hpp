#pragma once
// Helpers for tests that read documents.

#include <string>
#include <string_view>

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize::test {

inline std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// `code at place` of the first error, or `ok`.
template <typename T>
std::string outcome(const Result<T>& result) {
  if (result.ok()) return "ok";
  const Diagnostic& first = result.errors().front();
  return first.code + " at " + first.where.str();
}

/// The tree on one line: `{a: 1, b: ["x", null]}`; quoted scalars keep their quotes.
inline std::string show(Node node) {
  if (node.is_null()) return "null";
  if (node.is_scalar()) {
    const std::string text(node.text());
    return node.is_quoted() ? "\"" + text + "\"" : text;
  }
  std::string out;
  for (const Node child : node) {
    if (!out.empty()) out += ", ";
    if (node.is_map()) out += std::string(child.key()) + ": ";
    out += show(child);
  }
  return node.is_map() ? "{" + out + "}" : "[" + out + "]";
}

}  // namespace gpusize::test
