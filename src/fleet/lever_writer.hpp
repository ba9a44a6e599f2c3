#pragma once
// A lever's estimate as numbers of the document, each with its derivation.

#include <optional>
#include <string_view>
#include <vector>

#include "fleet/lever_point.hpp"
#include "fleet/lever_quality.hpp"
#include "gpusize/plan/why.hpp"

namespace gpusize {

/// The figures that a lever changes, in the order of the document; null without a price.
struct LeverFigures {
  Why memory_bytes;
  Why ttft_ms;
  Why tpot_ms;
  Why output_tokens_per_s;
  Why usd_per_million_output_tokens;
};

/// Where the numbers of the request come from.
struct LeverInputs {
  Why input_tokens;
  Why output_tokens;
  Why years;
  Why cache_hit_share;   ///< null: not asked
  Why acceptance;        ///< null: not used
  Why draft_acceptance;  ///< of a draft model; null: not asked
  Why draft_tokens;
};

/// A formula of lever_formulas(); there must be one.
const Formula& lever_formula(std::string_view id);
/// The change of a figure against the deployment, in percent.
Why why_delta(std::string_view key, const Why& value, const Why& base);

LeverFigures why_lever(const LeverPoint& point, const LeverInputs& inputs);
/// `delta_pct` against the deployment itself is left out for the deployment (`base` null).
void write_figures(ObjectWriter& out, const LeverFigures& figures, const LeverFigures* base);
/// What says how large the replica is: batch, GPUs, formats, layout, engine, fits.
void write_deployment(ObjectWriter& out, const LeverPoint& point);
void write_quality(ObjectWriter out, const QualityNote& note);

}  // namespace gpusize
