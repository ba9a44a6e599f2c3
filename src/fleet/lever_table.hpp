#pragma once
// The levers of serving: one row and one function each.

#include <span>
#include <string>
#include <string_view>

#include "fleet/lever_point.hpp"
#include "fleet/lever_quality.hpp"

namespace gpusize {

/// What a lever makes of a specification.
struct LeverChange {
  enum class Kind : std::uint8_t {
    kChanged,
    kAlready,     ///< the deployment has it
    kImpossible,  ///< card, engine or model cannot do it
    kNotAssessed  ///< nobody knows a number that it needs
  };
  Kind kind = Kind::kChanged;
  LeverSpec spec;    ///< changed
  std::string text;  ///< what is changed, or why not

  static LeverChange changed(LeverSpec spec, std::string text) {
    return {Kind::kChanged, std::move(spec), std::move(text)};
  }
  static LeverChange already(std::string text) { return {Kind::kAlready, {}, std::move(text)}; }
  static LeverChange impossible(std::string text) {
    return {Kind::kImpossible, {}, std::move(text)};
  }
  static LeverChange not_assessed(std::string text) {
    return {Kind::kNotAssessed, {}, std::move(text)};
  }
};

struct LeverContext {
  LeverEstimator& estimator;
  const QualityData& quality;
  const ModelSpec* draft = nullptr;  ///< the request's draft model
};

struct Lever {
  std::string_view name;
  std::string_view group;    ///< levers of one group exclude each other
  std::string_view quality;  ///< id of data/quality
  bool combines;             ///< false: a comparison, not something to add to others
  LeverChange (*apply)(const Lever& lever, const LeverSpec& spec, const LeverContext& context);
};

std::span<const Lever> levers();

}  // namespace gpusize
