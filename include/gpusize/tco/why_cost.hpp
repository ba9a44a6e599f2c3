#pragma once
// What a card costs as a derivation.

#include "gpusize/tco/cost.hpp"

namespace gpusize {

/// The cost of one GPU over the period: the sum of its lines.
Why why_card_cost(const CardCost& cost);

}  // namespace gpusize
