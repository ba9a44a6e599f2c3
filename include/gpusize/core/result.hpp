#pragma once
// Result<T>: a value, or the diagnostics that say why there is none. (std::expected needs C++23.)

#include <utility>
#include <variant>

#include "gpusize/core/check.hpp"
#include "gpusize/core/diagnostic.hpp"

namespace gpusize {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}       // NOLINT(google-explicit-constructor)
  Result(Diagnostics why) : state_(std::move(why)) {  // NOLINT(google-explicit-constructor)
    GPUSIZE_CHECK(has_errors(std::get<Diagnostics>(state_)), "a failed Result needs an error");
  }
  Result(Diagnostic why)
      : Result(Diagnostics{std::move(why)}) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  /// The value; a programming error when there is none.
  [[nodiscard]] const T& value() const& {
    GPUSIZE_CHECK(ok(), "value() of a failed Result");
    return std::get<T>(state_);
  }
  [[nodiscard]] T& value() & {
    GPUSIZE_CHECK(ok(), "value() of a failed Result");
    return std::get<T>(state_);
  }
  [[nodiscard]] T&& value() && {
    GPUSIZE_CHECK(ok(), "value() of a failed Result");
    return std::get<T>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  /// Why there is no value; a programming error when there is one.
  [[nodiscard]] const Diagnostics& errors() const {
    GPUSIZE_CHECK(!ok(), "errors() of a good Result");
    return std::get<Diagnostics>(state_);
  }

 private:
  std::variant<T, Diagnostics> state_;
};

}  // namespace gpusize
