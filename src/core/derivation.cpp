#include "gpusize/core/derivation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/confidence_below.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSum = "sum";

std::shared_ptr<Derivation> blank(std::string label, double value, std::string unit) {
  auto out = std::make_shared<Derivation>();
  out->label = std::move(label);
  out->value = value;
  out->unit = std::move(unit);
  return out;
}

std::shared_ptr<Derivation> over(const Formula& formula, std::string label, double value) {
  auto out = blank(std::move(label), value, std::string(formula.unit));
  out->formula_id = formula.id;
  out->formula_text = formula.text;
  out->formula_source = formula.source;
  out->confidence = Confidence::kVerified;
  return out;
}

bool close(double a, double b, double tolerance) {
  return std::fabs(a - b) <= tolerance * std::max({std::fabs(a), std::fabs(b), 1e-300});
}

Result<double> replay(const Derivation& d) {
  if (d.formula_text == kSum) {
    double total = 0.0;
    for (const auto& [symbol, why] : d.inputs) total += why->value;
    return total;
  }
  return evaluate(d.formula_text, [&](std::string_view name) -> std::optional<double> {
    for (const auto& [symbol, why] : d.inputs) {
      if (symbol == name) return why->value;
    }
    return {};
  });
}

std::string mismatch_below(const Derivation& d, double tolerance, PointerSet& seen) {
  if (!seen.insert(&d)) return {};
  if (!d.formula_text.empty()) {
    const auto value = replay(d);
    if (!value.ok()) return fmt::format("{}: {}", d.label, value.errors().front().message);
    if (!close(*value, d.value, tolerance)) {
      return fmt::format("{}: code says {}, \"{}\" gives {}", d.label, d.value, d.formula_text,
                         *value);
    }
  }
  for (const auto& [symbol, why] : d.inputs) {
    std::string below = mismatch_below(*why, tolerance, seen);
    if (!below.empty()) return fmt::format("{} > {}", d.label, below);
  }
  return {};
}

}  // namespace

const WhyInputs& WhyBelow::all() const {
  if (later_) {
    inputs_ = later_();
    later_ = nullptr;
  }
  return inputs_;
}

Why why_fact(std::string label, double value, std::string unit, NumberKind kind,
             const Source& source, Confidence confidence, std::string note) {
  auto out = blank(std::move(label), value, std::move(unit));
  out->kind = kind;
  out->source = source;
  out->confidence = confidence;
  out->note = std::move(note);
  return out;
}

Why why_input(std::string label, double value, std::string unit, std::string where) {
  auto out = blank(std::move(label), value, std::move(unit));
  out->kind = NumberKind::kInput;
  out->confidence = Confidence::kVerified;
  out->note = std::move(where);
  return out;
}

Why why_formula(const Formula& formula, std::string label, double value, WhyInputs inputs,
                std::string note) {
  auto out = over(formula, std::move(label), value);
  out->inputs = WhyBelow(std::move(inputs));
  out->note = std::move(note);
  return out;
}

Why why_formula_later(const Formula& formula, std::string label, double value,
                      WhyInputsLater inputs) {
  auto out = over(formula, std::move(label), value);
  out->inputs = WhyBelow(std::move(inputs));
  return out;
}

Why why_sum(std::string label, double value, std::string unit, WhyInputs parts) {
  auto out = blank(std::move(label), value, std::move(unit));
  out->formula_text = kSum;
  out->confidence = Confidence::kVerified;
  out->inputs = WhyBelow(std::move(parts));
  return out;
}

Why why_count(std::string label, double value, std::string note) {
  auto out = blank(std::move(label), value, "");
  out->confidence = Confidence::kVerified;
  out->note = std::move(note);
  return out;
}

Why why_search(std::string label, double value, std::string unit, std::string note,
               WhyInputs inputs) {
  auto out = blank(std::move(label), value, std::move(unit));
  out->confidence = Confidence::kVerified;
  out->inputs = WhyBelow(std::move(inputs));
  out->note = std::move(note);
  return out;
}

Confidence weakest_confidence(const Why& why) { return ConfidenceBelow().of(*why); }

std::string first_mismatch(const Why& why, double tolerance) {
  PointerSet seen;
  return mismatch_below(*why, tolerance, seen);
}

}  // namespace gpusize
