#include "gpusize/tco/why_cost.hpp"

namespace gpusize {
namespace {

constexpr Formula kSlice{"tco.slice", "card / slices", "USD",
                         "a card's cost shared by the equal slices that fill it"};
constexpr Formula kSlicePower{"tco.slice_power", "card / slices", "W",
                              "a card's power shared by the equal slices that fill it"};

}  // namespace

CardCost cost_of_slice(const CardCost& card, std::int64_t parts) {
  CardCost out = card;
  const auto count = static_cast<double>(parts);
  const Why slices = why_count("slices", count, "instances of this size on one card");
  out.per_gpu = Usd{};
  for (CostLine& line : out.lines) {
    line.per_gpu = line.per_gpu / count;
    line.why = why_formula(kSlice, line.why->label, line.why->value / count,
                           {{"card", line.why}, {"slices", slices}});
    out.per_gpu += line.per_gpu;
  }
  out.power_per_gpu = out.power_per_gpu / count;
  out.power_why = why_formula(kSlicePower, "IT power of one slice", card.power_why->value / count,
                              {{"card", card.power_why}, {"slices", slices}});
  return out;
}

Why why_card_cost(const CardCost& cost) {
  std::vector<std::pair<std::string, Why>> parts;
  for (const CostLine& line : cost.lines) parts.emplace_back(line.id, line.why);
  return why_sum("cost of one GPU", cost.per_gpu.in(units::USD), "USD", std::move(parts));
}

}  // namespace gpusize
