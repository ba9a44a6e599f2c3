#include "cli/estimate_options.hpp"

#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize::cli {
namespace {

/// What `4k` or `2e5` was meant to be.
std::string unit_hint(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  const std::string rest = to_lower(text.substr(digits.size()));
  const auto number = parse_integer(digits);
  if (number && *number < 1'000'000 && (rest == "k" || rest == "ki")) {
    return fmt::format("write {} or {}", *number * 1000, *number * 1024);
  }
  if (number && *number < 1'000'000 && rest == "m")
    return fmt::format("write {}", *number * 1'000'000);
  return "a whole number without a unit";
}

std::int64_t whole(Diagnostics& out, std::string_view option, const std::string& text) {
  if (const auto number = parse_integer(trim(text))) return *number;
  out.push_back(make_error(
      "cli-number", fmt::format("{} takes a whole number, found \"{}\"", option, printable(text)),
      {}, unit_hint(trim(text))));
  return 1;
}

std::optional<std::int64_t> optional_whole(Diagnostics& out, std::string_view option,
                                           const std::string& text) {
  if (text.empty()) return {};
  return whole(out, option, text);
}

std::optional<double> fraction(Diagnostics& out, const std::string& text) {
  if (text.empty()) return {};
  if (const auto number = parse_number(trim(text))) return number;
  out.push_back(make_error(
      "cli-number", fmt::format("--memory-fraction takes a number, found \"{}\"", printable(text)),
      {}, "a fraction: 90 % is 0.9"));
  return {};
}

}  // namespace

void add_estimate_options(Parser& app, EstimateOptions& o) {
  app.add_option("--model", o.request.model, "Catalog name, config.json, or a folder with one")
      ->required();
  app.add_option("--set", o.request.overrides, "Change a config field: name=value (repeatable)")
      ->take_all();
  app.add_option("--gpu", o.request.gpu, "The card, any of its names")->required();
  app.add_option("--tp", o.tp, "Tensor-parallel degree");
  app.add_option("--pp", o.pp, "Pipeline stages");
  app.add_option("--ep", o.ep, "GPUs that share out whole experts");
  app.add_option("--dp", o.dp, "Attention data parallelism inside the replica");
  app.add_option("--weights", o.request.weights,
                 "native, bf16, fp16, fp8, int8, awq, gptq, mxfp4, nvfp4");
  app.add_option("--kv", o.request.kv, "KV cache format: auto, bf16, fp16, fp8, int8, fp32");
  app.add_option("--engine", o.request.engine,
                 "auto, vllm, sglang, tensorrt-llm, ..., cuda-graph (bare kernels)");
  app.add_option("--phase", o.phase, "decode, prefill or train");
  app.add_option("--batch", o.batch,
                 "Sequences of the replica; attention-DP ranks and pipeline stages share them");
  app.add_option("--context", o.context, "Cached tokens per sequence (default 2048; prefill: 0)");
  app.add_option("--new-tokens", o.new_tokens,
                 "Tokens per sequence in this step (default 1; prefill: 2048)");
  app.add_option("--images", o.images, "Images per sequence");
  app.add_option("--image-tokens", o.image_tokens, "Prompt tokens of one image");
  app.add_option("--memory-fraction", o.memory_fraction,
                 "The engine's memory fraction, in its own meaning");
  app.add_option("--max-batched-tokens", o.max_batched_tokens,
                 "Most tokens that the engine puts into one step");
  app.add_option("--max-sequences", o.max_sequences, "Most sequences that the engine runs at once");
  add_overlap_option(app, o.request.two_batch_overlap);
  app.add_flag("--mtp", o.request.mtp, "Load the multi-token-prediction module");
}

void add_overlap_option(Parser& app, bool& flag) {
  app.add_flag("--two-batch-overlap", flag,
               "Two micro-batches: one computes while the other's tokens go to their experts");
}

Result<EstimateRequest> read_request(const EstimateOptions& o) {
  Diagnostics problems;
  EstimateRequest r = o.request;
  r.layout = {whole(problems, "--tp", o.tp), whole(problems, "--pp", o.pp),
              whole(problems, "--ep", o.ep), whole(problems, "--dp", o.dp)};
  r.batch = whole(problems, "--batch", o.batch);
  r.context = optional_whole(problems, "--context", o.context);
  r.new_tokens = optional_whole(problems, "--new-tokens", o.new_tokens);
  r.images = whole(problems, "--images", o.images);
  r.image_tokens = whole(problems, "--image-tokens", o.image_tokens);
  r.memory_fraction = fraction(problems, o.memory_fraction);
  r.max_batched_tokens = optional_whole(problems, "--max-batched-tokens", o.max_batched_tokens);
  r.max_sequences = optional_whole(problems, "--max-sequences", o.max_sequences);
  if (const auto phase = phase_from(o.phase)) {
    r.phase = *phase;
  } else {
    problems.push_back(
        make_error("cli-phase", fmt::format("unknown phase \"{}\"", printable(o.phase)), {},
                   did_you_mean(o.phase, {"prefill", "decode"}) + " one of: prefill, decode"));
  }
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize::cli
