#include "calibrate/product_tiles.hpp"

#include <algorithm>

#include "calibrate/read_list.hpp"

namespace gpusize::calibrate {
namespace {

constexpr Bounds kTileSide{8.0, 1024.0};
constexpr Bounds kSide{1.0, 1e7};

ProductTileRule read_rule(Node node, Diagnostics& out) {
  MapReader reader(node, "product tile", "cat", out);
  ProductTileRule rule;
  rule.match = RowMatch::read(reader);
  rule.to_rows = reader.number("to_rows", kSide).value_or(0.0);
  rule.to_columns = reader.number("to_columns", kSide).value_or(0.0);
  rule.tile.rows = reader.required_number("rows", kTileSide);
  rule.tile.columns = reader.required_number("columns", kTileSide);
  rule.tile.slab = reader.number("slab", kTileSide).value_or(0.0);
  rule.tile.promotes = reader.boolean("promotes").value_or(false);
  rule.tile.spills = reader.boolean("spills").value_or(false);
  rule.tile.walks = reader.boolean("walks").value_or(false);
  reader.reject_unknown();
  return rule;
}

bool up_to(double bound, double value) { return bound <= 0.0 || value <= bound; }

}  // namespace

ProductTiles ProductTiles::read(MapReader& reader, Diagnostics& out) {
  ProductTiles tiles;
  append_list(tiles.rules, reader.node("product_tiles"), read_rule, out);
  return tiles;
}

const ProductTile* ProductTiles::find(const KernelRow& row, const std::string& architecture,
                                      double rows, double columns) const {
  const auto at = std::find_if(rules.begin(), rules.end(), [&](const ProductTileRule& rule) {
    return up_to(rule.to_rows, rows) && up_to(rule.to_columns, columns) &&
           rule.match.holds(row, architecture);
  });
  return at == rules.end() ? nullptr : &at->tile;
}

}  // namespace gpusize::calibrate
