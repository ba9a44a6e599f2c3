#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/rerun.hpp"
#include "cli/train_options.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/fleet/levers_document.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  LeversRequest request;
  TrainOptions train;  ///< of --phase train
  std::string phase = "serve";
  std::string rank_by = "usd-per-million-tokens";
  std::string price_basis = "on-demand";
  std::optional<double> input_tokens;
  std::optional<double> output_tokens;
};

Result<ResultDocument> answer(const Catalog& catalog, const LeversRequest& request) {
  const auto model = load_model(catalog, request.model, request.overrides);
  if (!model.ok()) return model.errors();
  note(model->note);
  if (request.draft_model.empty()) return levers_document(catalog, *model->spec, request);
  const auto draft = load_model(catalog, request.draft_model, {});
  if (!draft.ok()) return draft.errors();
  note(draft->note);
  return levers_document(catalog, *model->spec, request, draft->spec.get());
}

Result<ResultDocument> answer(const Catalog& catalog, const TrainRequest& request) {
  const auto model = load_model(catalog, request.model, request.overrides);
  if (!model.ok()) return model.errors();
  note(model->note);
  return train_levers_document(catalog, *model->spec, request);
}

/// Request lengths: a named workload, or both means.
Diagnostics read_lengths(Options& o, const Catalog& catalog) {
  LeversRequest& r = o.request;
  if (o.input_tokens.has_value() != o.output_tokens.has_value() ||
      (o.input_tokens && !r.workload.empty())) {
    return {make_error("cli-workload",
                       "give --workload, or both --input-tokens and --output-tokens", {},
                       "--workload chat")};
  }
  if (o.input_tokens) {
    r.workload = "custom";
    r.input_tokens = *o.input_tokens;
    r.output_tokens = *o.output_tokens;
    return {};
  }
  const auto found = catalog.find_workload(r.workload.empty() ? "chat" : r.workload);
  if (!found.ok()) return found.errors();
  r.workload = found->entry->id;
  r.input_tokens = found->entry->input_tokens;
  r.output_tokens = found->entry->output_tokens;
  return {};
}

Diagnostics complete(Options& o, const Catalog& catalog) {
  Diagnostics out = read_lengths(o, catalog);
  if (has_errors(out)) return out;
  if (const auto goal = lever_goal_from(o.rank_by)) {
    o.request.goal = *goal;
  } else {
    out.push_back(make_error("cli-rank-by",
                             fmt::format("unknown ranking \"{}\"", printable(o.rank_by)), {},
                             "one of: usd-per-million-tokens, throughput, ttft, tpot, memory"));
  }
  if (const auto basis = price_basis_from(o.price_basis)) {
    o.request.basis = *basis;
  } else {
    out.push_back(make_error("cli-price-basis",
                             fmt::format("unknown price basis \"{}\"", printable(o.price_basis)),
                             {}, "one of: on-demand, spot, reserved-1y, reserved-3y, owned"));
  }
  if (catalog.region(o.request.region) == nullptr) {
    out.push_back(make_error("cat-unknown-region",
                             fmt::format("unknown region \"{}\"", printable(o.request.region)), {},
                             "see: gpusize prices --kind electricity"));
  }
  return out;
}

/// The training point in the words of `estimate --phase train`.
Result<TrainRequest> training_request(const Options& o) {
  EstimateOptions point;
  point.request.model = o.request.model;
  point.request.overrides = o.request.overrides;
  point.request.gpu = o.request.gpu;
  point.tp = fmt::format("{}", o.request.layout.tp);
  point.pp = fmt::format("{}", o.request.layout.pp);
  point.ep = fmt::format("{}", o.request.layout.ep);
  point.dp = fmt::format("{}", o.request.layout.dp);
  return point_request(point, o.train);
}

Result<ResultDocument> answer(const Catalog& catalog, const Options& o) {
  if (o.phase != "train") return answer(catalog, o.request);
  const auto request = training_request(o);
  if (!request.ok()) return request.errors();
  return answer(catalog, *request);
}

int run(Options& o) {
  if (o.phase != "serve" && o.phase != "train") {
    return fail(make_error("cli-phase", fmt::format("unknown phase \"{}\"", printable(o.phase)), {},
                           did_you_mean(o.phase, {"serve", "train"}) + " one of: serve, train"));
  }
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  if (const Diagnostics problems = complete(o, *catalog); has_errors(problems))
    return fail(problems);
  auto document = answer(*catalog, o);
  if (!document.ok()) return fail(document.errors());
  const bool feasible = document->json()["status"] == "feasible";
  return emit(*document, o.common, feasible ? kAnswered : kNegative);
}

void add_deployment(Parser& app, Options& o) {
  LeversRequest& r = o.request;
  const Check degree = range(1, 4096);
  app.add_option("--model", r.model, "Catalog name, config.json, or a folder with one")->required();
  app.add_option("--set", r.overrides, "Change a config field: name=value (repeatable)")
      ->take_all();
  app.add_option("--gpu", r.gpu, "The card, any of its names")->required();
  app.add_option("--tp", r.layout.tp, "Tensor-parallel degree")->check(degree);
  app.add_option("--pp", r.layout.pp, "Pipeline stages")->check(degree);
  app.add_option("--ep", r.layout.ep, "GPUs that share out whole experts")->check(degree);
  app.add_option("--dp", r.layout.dp, "Attention data parallelism inside the replica")
      ->check(degree);
  app.add_option("--weights", r.weights, "native, bf16, fp16, fp8, int8, awq, gptq, mxfp4, nvfp4");
  app.add_option("--kv", r.kv, "KV cache format: auto, bf16, fp16, fp8, int8");
  app.add_option("--engine", r.engine, "auto, vllm, sglang, tensorrt-llm, ..., cuda-graph");
  app.add_option("--batch", r.batch, "Requests in flight (default 16, or what fits)")
      ->check(range(1, 1000000));
  app.add_option("--max-batched-tokens", r.max_batched_tokens,
                 "Most tokens that the engine puts into one step")
      ->check(range(1, 100000000));
}

void add_load(Parser& app, Options& o) {
  LeversRequest& r = o.request;
  const Check tokens = range(1.0, 1e8);
  const Check share = range(0.0, 1.0);
  const Check milliseconds = range(1e-3, 1e9);
  app.add_option("--workload", r.workload, "Request lengths by name (default chat)");
  app.add_option("--input-tokens", o.input_tokens, "Mean prompt length, in place of --workload")
      ->check(tokens);
  app.add_option("--output-tokens", o.output_tokens, "Mean answer length, in place of --workload")
      ->check(tokens);
  app.add_option("--cache-hit-share", r.cache_hit_share,
                 "Share of the prompt tokens that prefix caching would find")
      ->check(share);
  app.add_option("--draft-tokens", r.draft_tokens, "Tokens proposed per step (default 1)")
      ->check(range(1, 32));
  app.add_option("--acceptance", r.acceptance, "Share of drafted tokens that are accepted")
      ->check(share);
  app.add_option("--draft-model", r.draft_model, "A smaller model that drafts beside the model");
  app.add_option("--draft-acceptance", r.draft_acceptance,
                 "Share of its drafted tokens that are accepted")
      ->check(share);
  app.add_option("--ttft-ms", r.ttft_ms, "Target of combinations: mean time to first token")
      ->check(milliseconds);
  app.add_option("--tpot-ms", r.tpot_ms, "Target of combinations: mean time per output token")
      ->check(milliseconds);
  app.add_option("--rank-by", o.rank_by,
                 "usd-per-million-tokens (default), throughput, ttft, tpot or memory");
  app.add_option("--price-basis", o.price_basis,
                 "on-demand, spot, reserved-1y, reserved-3y or owned");
  app.add_option("--price-tier", r.tier, "Whose quotes: hyperscaler, neocloud or marketplace");
  app.add_option("--region", r.region, "Electricity price of this region (default USA)");
  app.add_option("--years", r.years, "Period of the total cost (default 3)")
      ->check(range(0.01, 30.0));
}

}  // namespace

std::function<int()> setup_levers(Parser& app) {
  auto o = std::make_shared<Options>();
  app.add_option("--phase", o->phase, "serve (default) or train");
  add_deployment(app, *o);
  add_load(app, *o);
  add_run_options(app, o->train);
  add_common_options(app, o->common);
  return [o] { return run(*o); };
}

Result<ResultDocument> rerun_levers(const Catalog& catalog, Node inputs) {
  const Node phase = inputs.find("phase");
  if (phase && phase.text() == "train") {
    const auto request = read_train_request(inputs);
    if (!request.ok()) return request.errors();
    return answer(catalog, *request);
  }
  const auto request = read_levers_request(inputs);
  if (!request.ok()) return request.errors();
  return answer(catalog, *request);
}

}  // namespace gpusize::cli
