#include "gate/compatibility.hpp"

#include <algorithm>

#include "gate/formats_asked.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

void ask_format(const CompatTable& table, const std::string& subject, Place place,
                Assessment& out) {
  if (subject.empty()) return;
  CompatAnswer answer = ask_compat(table, *out.gpu, {subject, ""});
  if (answer.support == Support::kNo) out.refused_formats.push_back({std::move(answer), place});
}

}  // namespace

void resolve_compatibility(const CompatTable& table, Assessment& out) {
  const DeployedWorkload& w = *out.said;
  const std::vector<std::string> subjects = table.subjects();
  if (std::find(subjects.begin(), subjects.end(), w.engine) != subjects.end()) {
    const bool stated = w.engine_version && is_version(w.engine_version->value);
    out.engine_support =
        ask_compat(table, *out.gpu, {w.engine, stated ? w.engine_version->value : std::string()});
  }
  if (w.args.quantization) ask_format(table, kernel_asked(w.args), w.args.quantization->place, out);
  if (w.args.dtype && to_lower(w.args.dtype->value) == "bfloat16")
    ask_format(table, "bf16", w.args.dtype->place, out);
}

}  // namespace gpusize
