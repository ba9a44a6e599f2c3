#pragma once
// Formulas as data: the text that a user reads is the text that the tests evaluate, so the two
// cannot drift apart.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gpusize/core/result.hpp"

namespace gpusize {

/// A published formula. `id` is dotted and permanent; `text` uses + - * / ^ ( ), numbers, names,
/// and min(a,b) max(a,b) ceil(a) floor(a) exp(a) log(a) sqrt(a); `unit` is the unit of the value.
struct Formula {
  std::string_view id;
  std::string_view text;
  std::string_view unit;
  std::string_view source;
};

/// Evaluates a formula text; `lookup` gives the value of a name or nothing.
/// Fails with `formula-syntax` or `formula-unknown-name`.
Result<double> evaluate(std::string_view text,
                        const std::function<std::optional<double>(std::string_view)>& lookup);

}  // namespace gpusize
