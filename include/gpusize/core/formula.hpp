#pragma once
// Formulas as data: the text that a user reads is the text that the tests evaluate, so the two
// cannot drift apart.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// A formula text compiled once, for models that run it a great many times. Names become slots of a
/// table that the caller keeps; a row of the table has one value per lane, so that many draws of a
/// simulation run side by side.
class Program {
 public:
  enum class Code : std::uint8_t {
    kNumber,
    kSlot,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kPower,
    kMin,
    kMax,
    kNegate,
    kCeil,
    kFloor,
    kExp,
    kLog,
    kSqrt
  };
  using SlotOf = std::function<std::optional<std::uint32_t>(std::string_view)>;

  /// Fails as evaluate() does.
  static Result<Program> compile(std::string_view text, const SlotOf& slot_of);

  /// Value with one value per slot.
  [[nodiscard]] double run(std::span<const double> slots) const;
  /// `width` values to `out`; slot i is `slots[i * width]` onwards. `stack` is scratch, reused.
  void run(std::span<const double> slots, std::size_t width, std::vector<double>& stack,
           double* out) const;
  /// Slots that the formula reads, once each.
  [[nodiscard]] std::vector<std::uint32_t> slots() const;

 private:
  friend class ProgramCompiler;
  struct Op {
    Code code;
    std::uint32_t slot;
    double number;
  };
  std::vector<Op> ops_;
  std::size_t depth_ = 0;
};

}  // namespace gpusize
