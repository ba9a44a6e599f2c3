#include "cli/train_options.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/overrides.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/train_files.hpp"

namespace gpusize::cli {
namespace {

/// `2T`, `15e12`, `4k`: decimal multiples.
std::optional<double> scaled(std::string_view text) {
  text = trim(text);
  if (text.empty()) return {};
  double factor = 1.0;
  switch (text.back()) {
    case 'k':
    case 'K': factor = 1e3; break;
    case 'M': factor = 1e6; break;
    case 'B':
    case 'G': factor = 1e9; break;
    case 'T': factor = 1e12; break;
    case 'd': factor = 1.0; break;
    default: break;
  }
  const bool suffix = text.back() < '0' || text.back() > '9';
  if (suffix && factor == 1.0 && text.back() != 'd') return {};
  const auto number = parse_number(suffix ? text.substr(0, text.size() - 1) : text);
  if (!number) return {};
  return *number * factor;
}

double number(Diagnostics& out, std::string_view option, const std::string& text,
              double otherwise) {
  if (text.empty()) return otherwise;
  if (const auto value = scaled(text)) return *value;
  out.push_back(make_error("cli-number",
                           fmt::format("{} takes a number, found \"{}\"", option, printable(text)),
                           {}, "2e12 or 2T, 4096 or 4k, 30 or 30d"));
  return otherwise;
}

}  // namespace

void add_run_options(Parser& app, TrainOptions& o) {
  TrainRequest& r = o.request;
  app.add_option("--seq", o.sequence, "Tokens per sequence (default 4096)");
  app.add_option("--micro-batch", r.micro_batch, "Sequences per pass");
  app.add_option("--global-batch", o.global_batch, "Sequences per optimizer step");
  app.add_option("--method", r.method, "full, lora or qlora");
  app.add_option("--precision", r.precision,
                 "fp32, amp, mixed, pure, fp8, mxfp8, nvfp4 or fp8-block");
  app.add_option("--optimizer", r.optimizer, "adamw, adam8bit, adafactor, sgd, momentum or muon");
  app.add_option("--moments", r.moments,
                 "Format of AdamW's moments: fp32, bf16 or fp8; two words where they differ");
  app.add_option("--activation-cache", r.activation_cache,
                 "What gated activations and attention keep: fp8 or 16bit");
  app.add_option("--recompute", r.recompute, "none, selective or full");
  app.add_option("--recompute-parts", r.recompute_parts,
                 "Of selective: core_attn, layernorm, act, mlp, shared_experts, mla_up_proj")
      ->delimiter(',');
  app.add_option("--zero", r.zero, "ZeRO stage 0 to 3; 3 is FSDP full shard");
  app.add_option("--shard-group", r.shard_group, "Ranks that share one copy of what is sharded");
  app.add_option("--framework", r.framework,
                 "auto, transformers, megatron-core, fsdp2, deepspeed, ...");
  app.add_option("--attention", r.attention, "flash or unfused");
  app.add_option("--cp", r.cp, "Context-parallel degree");
  app.add_option("--etp", r.etp, "Tensor ranks of one expert");
  app.add_option("--vpp", r.interleave, "Model chunks per stage (interleaved schedule)");
  app.add_option("--schedule", r.schedule, "gpipe, 1f1b, interleaved, zero-bubble or dualpipe");
  app.add_option("--lora-rank", r.lora_rank, "Rank of the adapters (default 16)");
  app.add_flag("--lora-experts", r.lora_experts, "Adapters on routed experts too");
  app.add_flag("--offload", r.offload, "Optimizer states in host memory");
  add_post_options(app, o);
}

void add_post_options(Parser& app, TrainOptions& o) {
  PostRequest& p = o.request.post;
  app.add_option("--objective", p.objective,
                 "Post-training: dpo, grpo or ppo; otherwise the next token is learned");
  app.add_option("--prompt-tokens", o.prompt, "Mean prompt that is answered (grpo, ppo)");
  app.add_option("--response-tokens", o.response, "Mean response (grpo, ppo)");
  app.add_option("--longest-response", o.longest, "The longest response of a round");
  app.add_option("--group-size", p.group, "Responses to one prompt (grpo, default 8)");
  app.add_option("--round-sequences", o.round_sequences,
                 "Sequences generated before they are trained on (default a global batch)");
  app.add_option("--round-epochs", p.epochs, "Times that a round is trained on (default 1)");
  app.add_flag("--no-reference", p.no_reference, "No KL term: no reference model");
  app.add_flag("--offload-frozen", p.offload, "Reference and reward model in host memory");
  app.add_option("--reward-model", p.reward_model,
                 "ppo: default as the policy; grpo: default rules, no model");
  app.add_option("--critic-model", p.critic_model, "ppo: default as the policy");
  app.add_option("--rollout-engine", p.engine, "Engine that generates (default auto)");
  app.add_option("--rollout-weights", p.weights, "Format that it serves (default 16 bits)");
  app.add_option("--rollout-rate", p.rate,
                 "Measured tokens per second of one GPU that generates, instead of the estimate");
}

Result<TrainRequest> read_request(const TrainOptions& o) {
  Diagnostics problems;
  TrainRequest r = o.request;
  r.tokens = number(problems, "--tokens", o.tokens, 0.0);
  r.sequence = number(problems, "--seq", o.sequence, r.sequence);
  r.global_batch = number(problems, "--global-batch", o.global_batch, 0.0);
  PostRequest& p = r.post;
  r.dataset = number(problems, "--dataset-size", o.dataset, 0.0);
  p.prompt_tokens = number(problems, "--prompt-tokens", o.prompt, 0.0);
  p.response_tokens = number(problems, "--response-tokens", o.response, 0.0);
  p.longest_response = number(problems, "--longest-response", o.longest, 0.0);
  p.round_sequences = number(problems, "--round-sequences", o.round_sequences, 0.0);
  if (o.sequence.empty() && p.asked() && p.response_tokens > 0.0)
    r.sequence = p.prompt_tokens + p.response_tokens;
  if (!o.deadline.empty()) r.deadline_days = number(problems, "--deadline", o.deadline, 1.0);
  if (!o.budget.empty()) r.budget_usd = number(problems, "--budget", o.budget, 1.0);
  if (const auto basis = price_basis_from(o.price_basis)) {
    r.basis = *basis;
  } else {
    problems.push_back(make_error(
        "cli-price-basis", fmt::format("unknown price basis \"{}\"", printable(o.price_basis)), {},
        "on-demand, spot, reserved-1y, reserved-3y or owned"));
  }
  if (has_errors(problems)) return problems;
  return r;
}

Result<TrainRequest> point_request(const EstimateOptions& e, const TrainOptions& options) {
  auto run = read_request(options);
  if (!run.ok()) return run.errors();
  TrainRequest r = std::move(run).value();
  Diagnostics problems;
  const auto degree = [&](std::string_view option, const std::string& text) {
    return static_cast<std::int64_t>(number(problems, option, text, 1.0));
  };
  r.one_point = true;
  r.model = e.request.model;
  r.overrides = e.request.overrides;
  r.gpus = {e.request.gpu};
  r.tp = degree("--tp", e.tp);
  r.pp = degree("--pp", e.pp);
  r.ep = degree("--ep", e.ep);
  r.dp = degree("--dp", e.dp);
  r.mtp = e.request.mtp;
  // A pass holds both of a pair.
  if (r.post.objective == "dpo" && !r.micro_batch) r.micro_batch = 2;
  if (has_errors(problems)) return problems;
  return r;
}

std::set<std::string, std::less<>> given_fields(const Parser& app) {
  std::set<std::string, std::less<>> out;
  for (const std::string& field : file_fields()) {
    std::string option = "--" + (field == "sequence"     ? "seq"
                                 : field == "interleave" ? "vpp"
                                                         : field);
    std::replace(option.begin(), option.end(), '_', '-');
    if (app.count(option) > 0) out.insert(field);
  }
  return out;
}

namespace {

/// The name of a file without folder and ending.
std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

Result<LoadedModel> model_of_files(const TrainingSpec& spec, const TrainRequest& request) {
  if (!states_model(spec))
    return make_error("train-model", "neither the request nor its files name a model", {},
                      "--model NAME");
  const auto config = stated_model(spec);
  if (!config.ok()) return config.errors();
  const auto set = parse_overrides(request.overrides);
  if (!set.ok()) return set.errors();
  const std::string name = stem(spec.files.front().path);
  auto model =
      set->empty() ? read_model_config(*config, name) : read_model_with(*config, *set, name);
  if (!model.ok()) return model.errors();
  return LoadedModel{std::make_shared<const ModelSpec>(std::move(model).value()), ""};
}

/// The reward and critic model that the request names.
Diagnostics load_side_models(const Catalog& catalog, PostRequest& post) {
  Diagnostics problems;
  for (const auto& [name, spec] :
       {std::pair{&post.reward_model, &post.reward}, std::pair{&post.critic_model, &post.critic}}) {
    if (name->empty()) continue;
    auto model = load_model(catalog, *name, {});
    if (!model.ok()) {
      problems.insert(problems.end(), model.errors().begin(), model.errors().end());
      continue;
    }
    *spec = model->spec;
  }
  return problems;
}

}  // namespace

Result<LoadedTraining> load_training(const Catalog& catalog, TrainRequest request,
                                     const std::set<std::string, std::less<>>& given) {
  TrainingSpec spec;
  if (!request.from.empty()) {
    auto read = read_training_files(request.from);
    if (!read.ok()) return read.errors();
    spec = std::move(read).value();
    request = with_files(std::move(request), spec, given);
  }
  const bool named = !request.model.empty();
  auto model =
      named ? load_model(catalog, request.model, request.overrides) : model_of_files(spec, request);
  if (!model.ok()) return model.errors();
  if (named && request.overrides.empty()) {
    const Diagnostics differ = differing_sizes(spec, *model->spec);
    if (has_errors(differ)) return differ;
  }
  const Diagnostics problems = load_side_models(catalog, request.post);
  if (has_errors(problems)) return problems;
  return LoadedTraining{std::move(request), std::move(model).value()};
}

int answer_training(const TrainRequest& request, const std::set<std::string, std::less<>>& given,
                    const CommonOptions& common) {
  const auto catalog = load_catalog(common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto loaded = load_training(*catalog, request, given);
  if (!loaded.ok()) return fail(loaded.errors());
  note(loaded->model.note);
  auto document = train_document(*catalog, *loaded->model.spec, loaded->request);
  if (!document.ok()) return fail(document.errors());
  const bool feasible = document->json()["status"].get<std::string>() == "feasible";
  return emit(*document, common, feasible ? kAnswered : kNegative);
}

}  // namespace gpusize::cli
