#include "calibrate/run_key.hpp"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gpusize::calibrate {

std::string run_key(const RunConditions& run) {
  const std::array<const std::string*, 16> texts{
      &run.source, &run.model,  &run.model_as_printed, &run.overrides,  &run.weights, &run.kv,
      &run.gpu,    &run.engine, &run.engine_version,   &run.serving,    &run.spec,    &run.mode,
      &run.load,   &run.notes,  &run.input_text,       &run.output_text};
  std::string key;
  for (const std::string* text : texts) key += *text + '\n';
  const std::array counts{run.gpus, run.nodes, run.tp, run.pp, run.ep, run.dp, run.moe_ep};
  for (const auto& count : counts) key += fmt::format("{} ", count.value_or(-1));
  for (const auto& number : {run.load_value, run.requests, run.input_len, run.output_len})
    key += fmt::format("{} ", number.value_or(-1.0));
  return key;
}

}  // namespace gpusize::calibrate
