// An engine profile as the text of a catalog file (schema gpusize.engine/v1).

#include <map>
#include <utility>

#include <fmt/format.h>

#include "calibrate/overlay_text.hpp"
#include "gpusize/calibrate/fit_engine.hpp"

namespace gpusize {
namespace {

using calibrate::number_text;
using calibrate::yaml_list;
using calibrate::yaml_text;

/// Sources by what they say, named s1, s2, ... in the order of the facts.
class SourceNames {
 public:
  const std::string& name(const Source& s) {
    const std::string text = fmt::format("{{title: {}, ref: {}, as_of: {}}}", yaml_text(s.title),
                                         yaml_text(s.ref), s.as_of);
    const auto [at, added] = names_.emplace(text, fmt::format("s{}", names_.size() + 1));
    if (added) order_.push_back(text);
    return at->second;
  }
  [[nodiscard]] std::string text() const {
    std::string out = "sources:\n";
    for (const std::string& source : order_)
      out += fmt::format("  {}: {}\n", names_.at(source), source);
    return out;
  }

 private:
  std::map<std::string, std::string> names_;
  std::vector<std::string> order_;
};

std::string flags_text(const EngineProfile& e) {
  return fmt::format(
      "flags:\n  bare_kernels: {}\n  continuous_batching: {}\n  chunked_prefill: {}\n"
      "  prefill_first: {}\n  unsplit_decode: {}\n  row_scaled_gemm: {}\n  unfused_experts: {}\n"
      "  splits_layers: {}\n  cuda_graphs: {}\n  narrow_kv: {}\n",
      e.bare_kernels, e.continuous_batching, e.chunked_prefill, e.prefill_first, e.unsplit_decode,
      e.row_scaled_gemm, e.unfused_experts, e.splits_layers, e.cuda_graphs, e.narrow_kv);
}

}  // namespace

std::string engine_overlay(const EngineProfile& e) {
  SourceNames sources;
  std::string facts = "facts:\n";
  for (const EngineFact& fact : e.facts) {
    facts += fmt::format("  {}: {{value: {}, source: {}, kind: {}, confidence: {}", fact.key,
                         number_text(fact.value), sources.name(fact.source), name_of(fact.kind),
                         name_of(fact.confidence));
    if (!fact.note.empty()) facts += fmt::format(", note: {}", yaml_text(fact.note));
    facts += "}\n";
  }
  return fmt::format(
             "# Engine profile, written by gpusize calibrate. What no run determines is as "
             "shipped.\nschema: gpusize.engine/v1\nid: {}\nname: {}\nversion: {}\naliases: {}\n"
             "vendors: {}\narchitectures_excluded: {}\nmemory_rule: {}\n",
             yaml_text(e.id), yaml_text(e.name), yaml_text(e.version), yaml_list(e.aliases),
             yaml_list(e.vendors), yaml_list(e.architectures_excluded), name_of(e.memory_rule)) +
         flags_text(e) + sources.text() + facts;
}

}  // namespace gpusize
