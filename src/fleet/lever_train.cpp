// Levers of training: each row is one field of the request changed and one training point estimated
// anew.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fleet/lever_quality.hpp"
#include "fleet/lever_writer.hpp"
#include "gpusize/core/check.hpp"
#include "gpusize/fleet/levers_document.hpp"
#include "gpusize/plan/train_document.hpp"
#include "gpusize/tco/why_cost.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/levers-1.schema.json";
constexpr std::string_view kOption = "/options/0";

struct TrainLever {
  std::string_view name;
  std::string_view change;
  std::string_view quality;
  void (*apply)(TrainRequest& request);
};

constexpr auto kLevers = std::to_array<TrainLever>({
    {"checkpointing-selective", "attention recomputed in the backward pass", "training-exact",
     [](TrainRequest& r) { r.recompute = "selective"; }},
    {"checkpointing-full", "every layer recomputed in the backward pass", "training-exact",
     [](TrainRequest& r) { r.recompute = "full"; }},
    {"checkpointing-none", "all activations kept", "training-exact",
     [](TrainRequest& r) { r.recompute = "none"; }},
    {"flash-attention", "scores never written to memory", "training-exact",
     [](TrainRequest& r) { r.attention = "flash"; }},
    {"precision-fp32", "all in 32 bits", "training", [](TrainRequest& r) { r.precision = "fp32"; }},
    {"precision-amp", "32-bit weights, 16-bit products (autocast)", "training",
     [](TrainRequest& r) { r.precision = "amp"; }},
    {"precision-mixed", "16-bit weights beside a 32-bit copy", "training",
     [](TrainRequest& r) { r.precision = "mixed"; }},
    {"precision-fp8", "products in FP8", "training", [](TrainRequest& r) { r.precision = "fp8"; }},
    {"optimizer-8-bit", "AdamW moments in 8 bits", "training",
     [](TrainRequest& r) { r.optimizer = "adam8bit"; }},
    {"optimizer-adafactor", "factored second moments", "training",
     [](TrainRequest& r) { r.optimizer = "adafactor"; }},
    {"lora", "adapters alone are trained", "training", [](TrainRequest& r) { r.method = "lora"; }},
    {"qlora", "adapters on 4-bit weights", "training", [](TrainRequest& r) { r.method = "qlora"; }},
    {"offload", "optimizer states in host memory", "training-exact",
     [](TrainRequest& r) { r.offload = true; }},
    {"zero-1", "optimizer states sharded over the replicas", "training-exact",
     [](TrainRequest& r) { r.zero = 1; }},
    {"zero-3", "states, gradients and weights sharded over the replicas", "training-exact",
     [](TrainRequest& r) { r.zero = 3; }},
    {"micro-batch-double", "twice the sequences per pass", "training-exact",
     [](TrainRequest& r) { r.micro_batch = 2 * r.micro_batch.value_or(1); }},
    {"tp-double", "each layer over twice the GPUs", "training-exact",
     [](TrainRequest& r) { r.tp = 2 * r.tp.value_or(1); }},
    {"pp-double", "twice the pipeline stages", "training-exact",
     [](TrainRequest& r) { r.pp = 2 * r.pp.value_or(1); }},
    {"dp-double", "twice the replicas", "training-exact",
     [](TrainRequest& r) { r.dp = 2 * r.dp.value_or(1); }},
});

struct TrainFigures {
  bool fits = false;
  Why memory_bytes;
  Why step_time_s;
  Why tokens_per_s;
  Why usd_per_million_tokens;  ///< null: no price
};

struct Column {
  std::string_view key;
  Why TrainFigures::*member;
};
constexpr auto kColumns = std::to_array<Column>({
    {"memory_bytes", &TrainFigures::memory_bytes},
    {"step_time_s", &TrainFigures::step_time_s},
    {"tokens_per_s", &TrainFigures::tokens_per_s},
    {"usd_per_million_tokens", &TrainFigures::usd_per_million_tokens},
});

class TrainLevers {
 public:
  TrainLevers(const Catalog& catalog, const ModelSpec& model, const TrainRequest& request)
      : catalog_(catalog), model_(model), r_(request), document_(kSchema, "levers") {}

  Result<ResultDocument> run() {
    auto quality = read_quality(catalog_);
    if (!quality.ok()) return quality.errors();
    quality_ = std::move(quality).value();
    const auto base = train_document(catalog_, model_, r_);
    if (!base.ok()) return base.errors();
    if (base->json()["options"].empty())
      return make_error("lev-train", "no training point: the layout does not work", {},
                        "gpusize estimate --phase train says more");
    ObjectWriter out = document_.root();
    out.object("catalog").text("version", catalog_.version());
    out.text("status", "infeasible");
    out.copy("inputs", *base, "/inputs");
    out.object("inputs").text("phase", "train");
    out.text("model_name", model_.name);
    out.text("rank_by", "tokens_per_s per GPU");
    const TrainFigures figures = figures_of(*base);
    ObjectWriter first = out.object("base");
    write_option(first, *base);
    write_figures(first, figures, nullptr);
    collect(*base);
    write(out, figures);
    return std::move(document_);
  }

 private:
  struct Row {
    const TrainLever* lever;
    ResultDocument document;
    TrainFigures figures;
  };
  struct Refusal {
    std::string_view name;
    std::string text;
  };

  [[nodiscard]] static Why why(const ResultDocument& d, std::string_view path) {
    Why found = d.why(fmt::format("{}{}", kOption, path));
    GPUSIZE_CHECK(found != nullptr, fmt::format("a training option has {}", path));
    return found;
  }

  [[nodiscard]] TrainFigures figures_of(const ResultDocument& d) const {
    TrainFigures f;
    f.fits = d.json()["options"][0]["fits"].get<bool>();
    f.memory_bytes = why(d, "/memory_per_gpu_bytes/total");
    f.step_time_s = why(d, "/step_time_s/value");
    const Why gpus = why(d, "/gpus");
    const Why per_gpu = why(d, "/tokens_per_s_per_gpu");
    f.tokens_per_s =
        why_formula(lever_formula("levers.train_rate"), "trained tokens per second",
                    gpus->value * per_gpu->value, {{"gpus", gpus}, {"per_gpu", per_gpu}});
    const auto card = catalog_.find_gpu(d.json()["options"][0]["gpu"].get<std::string>());
    const double years = CostChoice{}.years;
    const CardCost cost = cost_of_card(catalog_, *card->entry, {r_.basis, r_.tier, r_.region});
    if (!cost.known()) return f;
    const double usd = cost.per_gpu.in(units::USD);
    f.usd_per_million_tokens =
        why_formula(lever_formula("levers.train_cost"), "cost per million trained tokens",
                    gpus->value * usd / (years * 8765.82) / (f.tokens_per_s->value * 3600.0) * 1e6,
                    {{"gpus", gpus},
                     {"usd_per_gpu", why_card_cost(cost)},
                     {"years", why_count("years", years, "period of the price")},
                     {"rate", f.tokens_per_s}});
    return f;
  }

  /// What the option is, apart from its figures.
  static nlohmann::ordered_json identity(const ResultDocument& d) {
    const auto& o = d.json()["options"][0];
    nlohmann::ordered_json out;
    for (const char* key : {"layout", "framework", "method", "precision", "recompute", "zero_stage",
                            "micro_batch", "global_batch", "step_time_s", "memory_per_gpu_bytes"})
      out[key] = o[key];
    return out;
  }

  void collect(const ResultDocument& base) {
    for (const TrainLever& lever : kLevers) {
      TrainRequest changed = r_;
      lever.apply(changed);
      auto made = train_document(catalog_, model_, changed);
      if (!made.ok()) {
        impossible_.push_back({lever.name, made.errors().front().message});
      } else if (made->json()["options"].empty()) {
        impossible_.push_back({lever.name, "the layout does not work"});
      } else if (identity(*made) == identity(base)) {
        already_.push_back({lever.name, "changes nothing here"});
      } else {
        TrainFigures f = figures_of(*made);
        rows_.push_back({&lever, std::move(made).value(), std::move(f)});
      }
    }
    std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      const auto key = [](const Row& row) {
        return std::pair(!row.figures.fits, -why(row.document, "/tokens_per_s_per_gpu")->value);
      };
      return key(a) < key(b);
    });
  }

  static void write_option(ObjectWriter& out, const ResultDocument& d) {
    const auto& o = d.json()["options"][0];
    out.flag("fits", o["fits"].get<bool>());
    for (const char* key : {"gpu", "framework", "method", "precision", "recompute"})
      out.text(key, o[key].get<std::string>());
    for (const char* key : {"gpus", "zero_stage", "micro_batch", "global_batch"})
      out.copy(key, d, fmt::format("{}/{}", kOption, key));
  }

  static void write_figures(ObjectWriter& out, const TrainFigures& f, const TrainFigures* base) {
    for (const Column& column : kColumns) {
      const Why& value = f.*column.member;
      if (value == nullptr) {
        out.null(column.key);
      } else {
        out.number(column.key, value->value, value);
      }
    }
    for (const char* key :
         {"ttft_ms", "tpot_ms", "output_tokens_per_s", "usd_per_million_output_tokens"})
      out.null(key);
    if (base == nullptr) return;
    ObjectWriter deltas = out.object("delta_pct");
    for (const Column& column : kColumns) {
      const Why& value = f.*column.member;
      const Why& from = base->*column.member;
      if (value == nullptr || from == nullptr) {
        deltas.null(column.key);
        continue;
      }
      const Why delta = why_delta(column.key, value, from);
      deltas.number(column.key, delta->value, delta);
    }
  }

  void write(ObjectWriter& out, const TrainFigures& base) {
    out.list("levers");
    bool works = base.fits;
    std::int64_t rank = 0;
    for (const Row& row : rows_) {
      works = works || row.figures.fits;
      ObjectWriter at = out.append("levers");
      ++rank;
      at.integer("rank", rank,
                 why_count("rank", static_cast<double>(rank), "by tokens per second and GPU"));
      at.text("name", row.lever->name);
      at.text("change", row.lever->change);
      write_option(at, row.document);
      write_figures(at, row.figures, &base);
      write_quality(at.object("quality"), quality_.of(row.lever->quality));
    }
    out.list("combined");
    out.text("status", works ? "feasible" : "infeasible");
    for (const auto& [key, list] :
         {std::pair{"already", &already_}, {"impossible", &impossible_}}) {
      out.list(key);
      for (const Refusal& refusal : *list) {
        ObjectWriter at = out.append(key);
        at.text("name", refusal.name);
        at.text("reason", refusal.text);
      }
    }
    out.list("notes");
    out.list("not_assessed");
    ObjectWriter combined = out.append("not_assessed");
    combined.text("what", "combinations");
    combined.text("reason", "gpusize train searches layouts, sharding and recomputation together");
    for (const std::string& text : model_.not_assessed) {
      ObjectWriter row = out.append("not_assessed");
      row.text("what", "model");
      row.text("reason", text);
    }
  }

  const Catalog& catalog_;
  const ModelSpec& model_;
  const TrainRequest& r_;
  ResultDocument document_;
  QualityData quality_;
  std::vector<Row> rows_;
  std::vector<Refusal> already_;
  std::vector<Refusal> impossible_;
};

}  // namespace

Result<ResultDocument> train_levers_document(const Catalog& catalog, const ModelSpec& model,
                                             const TrainRequest& request) {
  return TrainLevers(catalog, model, request).run();
}

}  // namespace gpusize
