#include "gpusize/report/formula_page.hpp"

#include <array>
#include <span>

#include <fmt/format.h>

#include "gpusize/core/formula.hpp"
#include "gpusize/estimate/serving.hpp"
#include "gpusize/fleet/levers_document.hpp"
#include "gpusize/fleet/pool_document.hpp"
#include "gpusize/hw/device.hpp"
#include "gpusize/ops/formulas.hpp"
#include "gpusize/plan/catalog_documents.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/tco_document.hpp"
#include "gpusize/plan/train_plan.hpp"
#include "gpusize/plan/why.hpp"
#include "gpusize/tco/cost.hpp"

namespace gpusize {
namespace {

struct Section {
  std::string_view title;
  std::string_view about;
  std::span<const Formula> (*formulas)();
};

constexpr auto kSections = std::to_array<Section>({
    {"Models: FLOPs and bytes",
     "Symbols: `h` hidden size, `heads`, `kv_heads`, `head_dim`; `sequences` with `q` new tokens "
     "each and `c` cached "
     "ones; `attended`: mean tokens that a query sees.",
     ops_formulas},
    {"Kernels: bytes and FLOPs to time",
     "Rates are fractions of the card's datasheet figures, from `data/rates`; own timings are "
     "described there.",
     hw_formulas},
    {"Serving",
     "Means of a steady state; `running`: requests of one attention-DP rank and microbatch.",
     serving_formulas},
    {"Costs", "Per GPU; [tco.md](tco.md) says where prices come from.", tco_formulas},
    {"Plans", "From a replica to the fleet.", plan_option_formulas},
    {"Pools", "From placements to what is bought; [pool.md](pool.md).", pool_formulas},
    {"Total cost", "Totals of `tco`; the formulas of its lines are data: `data/tco/model.yaml`.",
     tco_document_formulas},
    {"Training", "Steps and runs; [training.md](training.md) says how a step is made.",
     train_formulas},
    {"Levers", "Changes of a deployment against it; [levers.md](levers.md).", lever_formulas},
    {"Sums and units", "What derivations add: rows of memory and steps, bands, unit changes.",
     plan_formulas},
    {"Listings", "Figures of `gpus`, `models` and `prices`.", listing_formulas},
});

void add_section(std::string& out, const Section& section) {
  out += fmt::format("\n## {}\n\n{}\n\n| id | formula | unit | source |\n|---|---|---|---|\n",
                     section.title, section.about);
  for (const Formula& f : section.formulas()) {
    out += fmt::format("| `{}` | `{}` | {} | {} |\n", f.id, f.text, f.unit.empty() ? "1" : f.unit,
                       f.source);
  }
}

}  // namespace

std::string formula_page() {
  std::string out =
      "# Formulas\n\n"
      "Every number of a result follows one of these, a sum, a fact of the catalog or the user's "
      "input; `gpusize "
      "explain`\nshows which. The texts below are the ones that the program carries and the tests "
      "evaluate: this page is "
      "generated from\nthem and compared with them in every test run. Operators: `+ - * / ^`, `min "
      "max ceil floor exp "
      "log sqrt`.\n";
  for (const Section& section : kSections) add_section(out, section);
  return out;
}

}  // namespace gpusize
