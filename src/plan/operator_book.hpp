#pragma once
// The numbers of one operator: rules of its kernel class first, then the shape texts by its name.

#include "gpusize/estimate/step.hpp"
#include "plan/shape_book.hpp"

namespace gpusize {

class OperatorBook {
 public:
  OperatorBook(ShapeBook& book, const Operator& op) : book_(book), op_(op) {}

  /// The reason of `value` as `symbol` of this operator.
  [[nodiscard]] Why of(std::string_view symbol, double value) const;
  /// How often one pass runs it.
  [[nodiscard]] Why count() const { return text("count", op_.count); }

 private:
  [[nodiscard]] Why text(std::string_view symbol, double value) const;
  [[nodiscard]] std::optional<Why> gemm_rule(std::string_view symbol) const;
  [[nodiscard]] std::optional<Why> attention_rule(std::string_view symbol) const;
  [[nodiscard]] std::optional<Why> elementwise_rule(std::string_view symbol, double value) const;
  [[nodiscard]] std::optional<Why> collective_rule(std::string_view symbol) const;
  [[nodiscard]] Why element_bytes() const;
  [[nodiscard]] std::optional<Why> cached_bytes(double per_token) const;

  ShapeBook& book_;
  const Operator& op_;
};

/// Mean bytes of one stored weight under a format.
Why why_bytes_per_element(const ModelSpec& model, const WeightFormat& format);

}  // namespace gpusize
