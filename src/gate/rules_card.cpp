// GS206, GS207 and GS209: formats and engine versions against the card, by its peaks, the engine
// profile and the dated rules of data/compat.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gate/judge.hpp"
#include "gpusize/estimate/support.hpp"

namespace gpusize {
namespace {

std::string source_text(const CompatAnswer& answer) {
  if (answer.source.title.empty()) return {};
  return fmt::format(" ({}, {})", answer.source.title, answer.source.as_of);
}

/// What vLLM compares with the compute capability before it loads: check_if_supports_dtype of its
/// worker and get_min_capability of its quantisation configs. The rest it widens.
bool stops_the_start(const DeployedWorkload& w, const CompatAnswer& answer) {
  constexpr std::array<std::string_view, 4> kCompared{"bf16", "awq", "gptq", "marlin"};
  return w.engine == "vllm" &&
         std::find(kCompared.begin(), kCompared.end(), answer.subject) != kCompared.end();
}

void judge_formats(Judge& judge) {
  const Assessment& a = judge.about();
  constexpr std::string_view kHelp =
      "engines either refuse or widen on the way, without the gain; take a checkpoint in a format "
      "of the card";
  constexpr std::string_view kStops =
      "vLLM does not start; take --dtype half, or a checkpoint whose kernels the card has";
  for (const RefusedFormat& refused : a.refused_formats) {
    const bool stops = stops_the_start(judge.said(), refused.answer);
    judge
        .add(stops ? "GS209" : "GS206", refused.place,
             refused.answer.reason + source_text(refused.answer),
             std::string(stops ? kStops : kHelp))
        .detail = refused.answer.subject;
  }
  if (!a.format_problem || !a.refused_formats.empty()) return;
  judge.add("GS206",
            judge.at(judge.args().quantization, judge.args().kv_cache_dtype, judge.args().model),
            fmt::format("{}: {}", a.gpu->id, *a.format_problem), std::string(kHelp));
}

void judge_engine(Judge& judge) {
  const Assessment& a = judge.about();
  const DeployedWorkload& w = judge.said();
  constexpr std::string_view kHelp = "another engine, another release of it, or another card";
  if (a.engine_support && a.engine_support->support == Support::kNo) {
    const CompatAnswer& answer = *a.engine_support;
    const bool taken = !answer.version.empty() && !w.engine_version;
    const bool bounded = !answer.min.empty() || !answer.max.empty();
    judge.add("GS207", w.engine_version ? w.engine_version->place : w.engine_place,
              fmt::format(
                  "{}{}{}", answer.reason,
                  taken && bounded
                      ? fmt::format("; no version is stated, {} is the current one", answer.version)
                      : "",
                  source_text(answer)),
              std::string(kHelp));
    return;
  }
  // A dated statement for the card outweighs the profile, which speaks of one range of versions.
  if (a.engine_support && a.engine_support->support == Support::kYes) return;
  if (a.engine == nullptr || engine_runs_on(*a.engine, *a.gpu)) return;
  judge.add("GS207", w.engine_place,
            fmt::format("{} ({}) does not run on {} ({})", a.engine->name, a.engine->version,
                        a.gpu->id, a.gpu->architecture),
            std::string(kHelp));
}

}  // namespace

void judge_card(Judge& judge) {
  if (judge.about().gpu == nullptr || judge.said().training || !judge.said().skipped.empty())
    return;
  judge_formats(judge);
  judge_engine(judge);
}

}  // namespace gpusize
