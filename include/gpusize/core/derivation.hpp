#pragma once
// Why a number is what it is: a tree from a result down to facts and the user's own inputs.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gpusize/core/formula.hpp"
#include "gpusize/core/provenance.hpp"

namespace gpusize {

struct Derivation;
/// A shared derivation; never null where the API asks for one.
using Why = std::shared_ptr<const Derivation>;
/// Symbol in the formula, its reason.
using WhyInputs = std::vector<std::pair<std::string, Why>>;
/// Makes the inputs when somebody looks at them. What it refers to must live until then.
using WhyInputsLater = std::function<WhyInputs()>;

/// What a number rests on: given, or made at the first look, since most numbers are never
/// explained. Not for concurrent use.
class WhyBelow {
 public:
  WhyBelow() = default;
  explicit WhyBelow(WhyInputs inputs) : inputs_(std::move(inputs)) {}
  explicit WhyBelow(WhyInputsLater later) : later_(std::move(later)) {}

  [[nodiscard]] const WhyInputs& all() const;
  [[nodiscard]] auto begin() const { return all().begin(); }
  [[nodiscard]] auto end() const { return all().end(); }
  [[nodiscard]] bool empty() const { return all().empty(); }
  [[nodiscard]] std::size_t size() const { return all().size(); }
  [[nodiscard]] const auto& front() const { return all().front(); }
  [[nodiscard]] const auto& operator[](std::size_t i) const { return all()[i]; }

 private:
  mutable WhyInputs inputs_;
  mutable WhyInputsLater later_;
};

/// One number with its reason. Exactly one of these holds: a fact or assumption (source set), an
/// input (kind kInput), a formula over inputs, or a sum of parts (formula text `sum`).
struct Derivation {
  std::string label;
  double value = 0.0;
  std::string unit;
  NumberKind kind = NumberKind::kEstimated;
  Confidence confidence = Confidence::kDerived;  ///< of a leaf; see weakest_confidence
  Source source;
  std::string note;
  std::string formula_id;
  std::string formula_text;
  std::string formula_source;
  WhyBelow inputs;
};

/// A catalog fact, measurement or assumption.
Why why_fact(std::string label, double value, std::string unit, NumberKind kind,
             const Source& source, Confidence confidence, std::string note = {});
/// Something the user said; `where` is the option or file place.
Why why_input(std::string label, double value, std::string unit, std::string where);
/// A formula over named inputs. The value is the code's own, not the text's.
Why why_formula(const Formula& formula, std::string label, double value, WhyInputs inputs,
                std::string note = {});
/// The same with inputs that are made at the first look.
Why why_formula_later(const Formula& formula, std::string label, double value,
                      WhyInputsLater inputs);
/// The sum of its parts.
Why why_sum(std::string label, double value, std::string unit, WhyInputs parts);
/// A number that only counts or orders (a rank, how many entries a list has).
Why why_count(std::string label, double value, std::string note);
/// A number found by search (the largest batch under the targets, say): what was searched and the
/// inputs that bounded it.
Why why_search(std::string label, double value, std::string unit, std::string note,
               WhyInputs inputs);

/// The weakest confidence of the leaves below this number, or its own when it is one.
Confidence weakest_confidence(const Why& why);

/// Recomputes formulas and sums from their recorded inputs and compares to `tolerance` (relative).
/// Returns the path of the first number that its own text does not give, or an empty string.
std::string first_mismatch(const Why& why, double tolerance = 1e-9);

/// The tree as indented text, `depth` levels deep.
std::string render(const Why& why, int depth = 12);

}  // namespace gpusize
