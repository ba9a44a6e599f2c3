#pragma once
// Prompts through the attention kernel of a library (hw/attention.hpp), from its tiles.

#include "gpusize/hw/attention.hpp"

namespace gpusize {

/// Seconds of a prompt: hw.library.prefill_time of docs/formulas.md. `l2_gb_s_per_unit` as of
/// AttentionClock.
double library_prefill(const Device& device, const AttentionShared& shared, double l2_gb_s_per_unit,
                       const AttentionLibrary& library, const AttentionCall& call);

/// Seconds of a conversion of its own between queries and a cache of different widths.
double attention_conversion(const AttentionLibrary& library, const AttentionCall& call);

}  // namespace gpusize
