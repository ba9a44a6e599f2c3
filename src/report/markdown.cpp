// GitHub Markdown: one row per command.

#include <array>

#include "gpusize/report/formats.hpp"
#include "report/calibrate_tables.hpp"
#include "report/catalog_tables.hpp"
#include "report/cells.hpp"
#include "report/estimate_tables.hpp"
#include "report/findings_formats.hpp"
#include "report/fleet_tables.hpp"
#include "report/plan_tables.hpp"
#include "report/simulate_tables.hpp"
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

template <Sections (*Make)(const ResultDocument&)>
std::string sections(const ResultDocument& document, const Style&) {
  return sections_markdown(Make(document));
}

constexpr auto kShapes = std::to_array<Shape>({
    {"gpus", sections<gpu_sections>},
    {"models", sections<model_sections>},
    {"prices", sections<price_sections>},
    {"estimate", estimate_markdown},
    {"plan", plan_markdown},
    {"tco", tco_markdown},
    {"simulate", sections<simulate_sections>},
    {"workload", sections<workload_sections>},
    {"compat", sections<compat_sections>},
    {"calibrate", sections<calibrate_sections>},
    {"mig", sections<mig_sections>},
    {"levers", sections<levers_sections>},
    {"pool", sections<pool_sections>},
    {"validate", validate_markdown},
    {"diff", diff_markdown},
    {"check", findings_markdown},
    {"train", train_markdown},
});

}  // namespace

std::string write_markdown(const ResultDocument& document, const Style& style) {
  const std::string command = text_of(document.json(), "command");
  for (const Shape& shape : kShapes) {
    if (shape.command == command) return shape.write(document, style);
  }
  return tidy(document.json()).markdown();
}

}  // namespace gpusize
