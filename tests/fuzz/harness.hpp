#pragma once
// What every harness checks of a reader's answer, besides not crashing.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

/// The one function of a harness; libFuzzer or replay_main.cpp calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace gpusize::fuzz {

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// Every node can be visited, is counted right and holds only finite numbers.
inline std::size_t walk(Node node) {
  std::size_t children = 0;
  std::size_t all = 1;
  if (!node.is_scalar() && !node.is_null()) {
    for (const Node child : node) {
      ++children;
      all += walk(child);
    }
  }
  expect(children == node.size(), "size() is the number of children");
  if (const auto number = node.number()) expect(std::isfinite(*number), "numbers are finite");
  expect(node.location().line > 0 && node.location().column > 0, "a value has a place");
  return all;
}

/// Errors have a code, a message and a rendering that cannot drive a terminal.
inline void check_errors(const Diagnostics& errors) {
  expect(has_errors(errors), "a failure has an error");
  for (const Diagnostic& error : errors) {
    expect(!error.code.empty() && !error.message.empty(), "an error has code and message");
    for (const char c : render(error)) {
      expect(c == '\n' || static_cast<unsigned char>(c) >= 0x20,
             "no control characters are printed");
    }
  }
}

inline void check(const Result<Document>& result) {
  if (result.ok()) {
    expect(walk(result->root()) == result->nodes().size(), "every node is reachable once");
  } else {
    check_errors(result.errors());
  }
}

}  // namespace gpusize::fuzz
