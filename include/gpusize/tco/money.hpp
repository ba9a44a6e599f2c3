#pragma once
// Amounts of money in whole cents, so that every total is exactly the sum of its printed lines.

#include <cstdint>
#include <vector>

namespace gpusize {

/// An amount of US dollars in cents.
struct Cents {
  std::int64_t value = 0;

  [[nodiscard]] double usd() const { return static_cast<double>(value) / 100.0; }
  Cents& operator+=(Cents other) {
    value += other.value;
    return *this;
  }
  Cents operator-() const { return {-value}; }
  friend Cents operator+(Cents a, Cents b) { return {a.value + b.value}; }
  friend Cents operator-(Cents a, Cents b) { return {a.value - b.value}; }
  friend bool operator==(const Cents&, const Cents&) = default;
};

/// The nearest cent, halves upward: floor(100 usd + 1/2). |usd| stays below 9e13.
Cents to_cents(double usd);

/// `amount` over `parts` equal periods in whole cents: each part is within a cent of the others and
/// together they are `amount` exactly.
std::vector<Cents> spread(Cents amount, std::size_t parts);

}  // namespace gpusize
