#pragma once
// From a number of the operator graph or the tensor list back to config fields, layout and batch:
// each has a text over named symbols, and the text must give the graph's own number.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gpusize/estimate/deployment.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {

/// How one number of an operator or tensor follows from symbols. Several rows with the same place
/// are alternatives (variants of an architecture): the first whose value is the graph's is taken.
struct ShapeText {
  std::string_view owner;   ///< operator or tensor name; empty: a symbol of its own
  std::string_view symbol;  ///< `m`, `n`, `elements`, `rows`, ...
  std::string_view text;
};
std::span<const ShapeText> attention_texts();  ///< shape_texts_attention.cpp
std::span<const ShapeText> block_texts();      ///< shape_texts_blocks.cpp
std::span<const ShapeText> tensor_texts();     ///< shape_texts_tensors.cpp

/// Every place that has a text, for docs and tests.
const std::vector<ShapeText>& all_shape_texts();

/// Symbols of one deployment and step.
class ShapeBook {
 public:
  ShapeBook(const Deployment& deployment, const StepShape& shape, const Chosen& chosen);

  /// `value` as `symbol` of `owner` in layers of kind `kind`; nothing when no text gives it.
  [[nodiscard]] std::optional<Why> explain(std::string_view owner, std::string_view symbol,
                                           double value, std::size_t kind);
  /// The same over all kinds that `layers` layers have, then all kinds; what no text gives is told
  /// as the graph's own number.
  [[nodiscard]] Why explain_any(std::string_view owner, std::string_view symbol, double value,
                                double layers);
  /// A named symbol of a kind: `hidden`, `tp`, `tokens`, ...
  [[nodiscard]] Why symbol(std::string_view name, std::size_t kind);

  [[nodiscard]] const Deployment& deployment() const { return deployment_; }

 private:
  [[nodiscard]] std::optional<Why> find_symbol(std::string_view name, std::size_t kind);
  [[nodiscard]] std::optional<Why> chosen_symbol(std::string_view name) const;
  [[nodiscard]] std::optional<Why> config_symbol(std::string_view name, std::size_t kind) const;
  [[nodiscard]] std::optional<Why> format_symbol(std::string_view name) const;
  [[nodiscard]] std::optional<Why> evaluate_text(const ShapeText& text, std::string label,
                                                 std::size_t kind);

  const Deployment& deployment_;
  StepShape shape_;
  Chosen chosen_;
  std::map<std::pair<std::string, std::size_t>, std::optional<Why>> symbols_;
};

}  // namespace gpusize
