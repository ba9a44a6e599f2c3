#pragma once
// Why a number is what it is: a tree from a result down to facts and the user's own inputs.

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

/// One number with its reason. Exactly one of these holds: a fact or assumption (source set), an
/// input (kind kInput), a formula over inputs, or a sum of parts (formula text `sum`).
struct Derivation {
  std::string label;
  double value = 0.0;
  std::string unit;
  NumberKind kind = NumberKind::kEstimated;
  Confidence confidence = Confidence::kDerived;
  Source source;
  std::string note;
  std::string formula_id;
  std::string formula_text;
  std::string formula_source;
  std::vector<std::pair<std::string, Why>> inputs;  ///< symbol in the formula, its reason
};

/// A catalog fact, measurement or assumption.
Why why_fact(std::string label, double value, std::string unit, NumberKind kind,
             const Source& source, Confidence confidence, std::string note = {});
/// Something the user said; `where` is the option or file place.
Why why_input(std::string label, double value, std::string unit, std::string where);
/// A formula over named inputs. The value is the code's own, not the text's.
Why why_formula(const Formula& formula, std::string label, double value,
                std::vector<std::pair<std::string, Why>> inputs, std::string note = {});
/// The sum of its parts.
Why why_sum(std::string label, double value, std::string unit,
            std::vector<std::pair<std::string, Why>> parts);
/// A number that only counts or orders (a rank, how many entries a list has).
Why why_count(std::string label, double value, std::string note);
/// A number found by search (the largest batch under the targets, say): what was searched and the
/// inputs that bounded it.
Why why_search(std::string label, double value, std::string unit, std::string note,
               std::vector<std::pair<std::string, Why>> inputs);

/// The weakest confidence of all facts below (and at) this number.
Confidence weakest_confidence(const Why& why);

/// Recomputes formulas and sums from their recorded inputs and compares to `tolerance` (relative).
/// Returns the path of the first number that its own text does not give, or an empty string.
std::string first_mismatch(const Why& why, double tolerance = 1e-9);

/// The tree as indented text, `depth` levels deep.
std::string render(const Why& why, int depth = 12);

}  // namespace gpusize
