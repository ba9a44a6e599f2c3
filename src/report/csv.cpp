// RFC 4180: one row per command.

#include <array>

#include "gpusize/report/formats.hpp"
#include "report/catalog_tables.hpp"
#include "report/cells.hpp"
#include "report/estimate_tables.hpp"
#include "report/findings_formats.hpp"
#include "report/fleet_tables.hpp"
#include "report/plan_tables.hpp"
#include "report/tco_tables.hpp"
#include "report/tidy.hpp"
#include "report/train_tables.hpp"
#include "report/validate_tables.hpp"

namespace gpusize {
namespace {

struct Shape {
  std::string_view command;
  std::string (*write)(const ResultDocument& document, const Style& style);
};

std::string rows(const ResultDocument& document, const Style&) { return listing_csv(document); }

constexpr auto kShapes = std::to_array<Shape>({
    {"gpus", rows},
    {"models", rows},
    {"prices", rows},
    {"estimate", estimate_csv},
    {"plan", plan_csv},
    {"levers", levers_csv},
    {"tco", tco_csv},
    {"validate", validate_csv},
    {"check", findings_csv},
    {"train", train_csv},
});

}  // namespace

std::string write_csv(const ResultDocument& document, const Style& style) {
  const std::string command = text_of(document.json(), "command");
  for (const Shape& shape : kShapes) {
    if (shape.command == command) return shape.write(document, style);
  }
  return tidy(document.json()).csv();
}

}  // namespace gpusize
