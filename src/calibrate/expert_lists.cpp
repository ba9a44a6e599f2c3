#include "calibrate/expert_lists.hpp"

#include <algorithm>

#include "calibrate/read_list.hpp"

namespace gpusize::calibrate {
namespace {

constexpr Bounds kTileSide{8.0, 1024.0};
constexpr Bounds kCount{1.0, 1e6};

std::vector<double> read_widths(MapReader& reader) {
  std::vector<double> widths;
  if (const Node list = reader.node("widths"); list && list.is_sequence()) {
    for (const Node width : list) widths.push_back(width.number().value_or(0.0));
  }
  return widths;
}

ExpertTileRule read_tile(Node node, Diagnostics& out) {
  MapReader reader(node, "expert tile", "cat", out);
  ExpertTileRule rule;
  rule.match = RowMatch::read(reader);
  rule.to_tokens = reader.number("to_tokens", kCount).value_or(0.0);
  rule.to_experts = reader.boolean("to_experts").value_or(false);
  rule.experts = reader.number("experts", kCount).value_or(0.0);
  rule.widths = read_widths(reader);
  rule.tile.rows = reader.required_number("rows", kTileSide);
  rule.tile.columns = reader.number("columns", kTileSide).value_or(0.0);
  reader.reject_unknown();
  return rule;
}

DealingRule read_dealing(Node node, Diagnostics& out) {
  MapReader reader(node, "dealing of copies", "cat", out);
  DealingRule rule;
  rule.backends = reader.texts("backends");
  const std::string to = reader.required_text("to");
  if (to == "smallest") {
    rule.dealing = Dealing::kToSmallest;
  } else if (to == "largest") {
    rule.dealing = Dealing::kToLargest;
  } else if (!to.empty()) {
    reader.error("dealing", "\"to\" is \"" + to + "\", expected smallest or largest",
                 reader.node("to"));
  }
  reader.reject_unknown();
  return rule;
}

double at_least_one(double value) { return std::max(1.0, value); }

bool holds(const ExpertTileRule& rule, const KernelRow& row, const std::string& architecture,
           double tokens) {
  const double experts = row.experts / at_least_one(row.ep);
  const double width = row.inter / at_least_one(row.tp);
  return rule.match.holds(row, architecture) &&
         (rule.to_tokens <= 0.0 || tokens <= rule.to_tokens) &&
         (!rule.to_experts || tokens <= experts) &&
         (rule.experts <= 0.0 || rule.experts == experts) &&
         (rule.widths.empty() ||
          std::find(rule.widths.begin(), rule.widths.end(), width) != rule.widths.end());
}

}  // namespace

ExpertLists ExpertLists::read(MapReader& reader, Diagnostics& out) {
  ExpertLists lists;
  append_list(lists.tiles, reader.node("expert_tiles"), read_tile, out);
  append_list(lists.dealings, reader.node("dealings"), read_dealing, out);
  lists.always_gated = reader.texts("always_gated");
  return lists;
}

ExpertTile ExpertLists::tile(const KernelRow& row, const std::string& architecture,
                             double tokens) const {
  const auto at = std::find_if(tiles.begin(), tiles.end(), [&](const ExpertTileRule& rule) {
    return holds(rule, row, architecture, tokens);
  });
  return at == tiles.end() ? ExpertTile{} : at->tile;
}

Dealing ExpertLists::dealing(const std::string& backend) const {
  const auto at = std::find_if(dealings.begin(), dealings.end(), [&](const DealingRule& rule) {
    return begins_with_any(backend, rule.backends);
  });
  return at == dealings.end() ? Dealing::kPerRank : at->dealing;
}

}  // namespace gpusize::calibrate
