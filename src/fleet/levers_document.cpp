#include "gpusize/fleet/levers_document.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "fleet/lever_combine.hpp"
#include "fleet/lever_writer.hpp"
#include "gpusize/estimate/support.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/levers-1.schema.json";
constexpr double kUsualBatch = 16.0;
constexpr std::array<std::pair<std::string_view, LeverGoal>, 5> kGoals{{
    {"usd-per-million-tokens", LeverGoal::kCost},
    {"throughput", LeverGoal::kThroughput},
    {"ttft", LeverGoal::kTtft},
    {"tpot", LeverGoal::kTpot},
    {"memory", LeverGoal::kMemory},
}};

struct Row {
  std::size_t lever;
  std::string text;
  LeverPoint point;
};

struct Refusal {
  std::size_t lever;
  LeverChange::Kind kind;
  std::string text;
};

/// Runs the table and writes what came of it.
class LeversAnswer {
 public:
  LeversAnswer(const Catalog& catalog, const ModelSpec& model, const LeversRequest& request,
               const ModelSpec* draft)
      : catalog_(catalog),
        model_(model),
        draft_(draft),
        r_(request),
        estimator_(catalog, request),
        document_(kSchema, "levers") {}

  Result<ResultDocument> run() {
    auto quality = read_quality(catalog_);
    if (!quality.ok()) return quality.errors();
    quality_ = std::move(quality).value();
    auto base = base_point();
    if (!base.ok()) return base.errors();
    const LeverContext context{estimator_, quality_, draft_};
    try_all(*base, context);
    write(*base, context);
    return std::move(document_);
  }

 private:
  Result<LeverPoint> base_point() {
    const auto gpu = catalog_.find_gpu(r_.gpu);
    if (!gpu.ok()) return gpu.errors();
    if (!gpu->note.empty()) notes_.push_back(gpu->note);
    LeverSpec spec;
    // The request's model and the catalog's entries outlive the answer: nothing is owned here.
    spec.model = {std::shared_ptr<void>{}, &model_};
    spec.gpu = {std::shared_ptr<void>{}, gpu->entry};
    const EngineProfile* engine = default_engine(catalog_, *gpu->entry, true);
    if (r_.engine != "auto") {
      const auto found = catalog_.find_engine(r_.engine);
      if (!found.ok()) return found.errors();
      engine = found->entry;
    } else if (engine != nullptr) {
      notes_.push_back(
          fmt::format("engine {}: the first that runs on {}", engine->id, gpu->entry->id));
    }
    if (engine == nullptr)
      return make_error("est-engine", fmt::format("no engine runs on {}", gpu->entry->id));
    spec.engine = {std::shared_ptr<void>{}, engine};
    spec.weights = r_.weights;
    spec.kv = r_.kv;
    spec.layout = r_.layout;
    spec.max_batched_tokens = r_.max_batched_tokens;
    if (r_.batch) {
      spec.batch = static_cast<double>(*r_.batch);
    } else {
      spec.fill_batch = true;
      const auto most = estimator_.estimate(spec);
      if (!most.ok()) return most.errors();
      spec.fill_batch = false;
      spec.batch = std::min(kUsualBatch, most->batch);
    }
    return estimator_.estimate(spec);
  }

  void try_all(const LeverPoint& base, const LeverContext& context) {
    for (std::size_t i = 0; i < levers().size(); ++i) {
      const Lever& lever = levers()[i];
      LeverChange change = lever.apply(lever, base.spec, context);
      if (change.kind != LeverChange::Kind::kChanged) {
        refused_.push_back({i, change.kind, std::move(change.text)});
        continue;
      }
      auto point = estimator_.estimate(change.spec);
      if (!point.ok()) {
        refused_.push_back({i, LeverChange::Kind::kImpossible, point.errors().front().message});
        continue;
      }
      rows_.push_back({i, std::move(change.text), std::move(point).value()});
    }
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      return std::pair(!a.point.fits, estimator_.objective(a.point)) <
             std::pair(!b.point.fits, estimator_.objective(b.point));
    });
  }

  void write(const LeverPoint& base, const LeverContext& context) {
    ObjectWriter out = document_.root();
    out.object("catalog").text("version", catalog_.version());
    out.text("status", "infeasible");  // stands first, known once combinations are
    inputs_ = input_whys();
    write_inputs(out.object("inputs"));
    out.text("model_name", model_.name);
    out.text("rank_by", name_of(r_.goal));
    ObjectWriter first = out.object("base");
    write_deployment(first, base);
    const LeverFigures figures = why_lever(base, inputs_);
    write_figures(first, figures, nullptr);
    out.list("levers");
    std::int64_t rank = 0;
    for (const Row& row : rows_) write_row(out.append("levers"), ++rank, row, figures);
    out.list("combined");
    bool works = base.fits;
    for (const Row& row : rows_) works = works || row.point.fits;
    for (const bool exact : {true, false}) {
      const LeverCombination best = combine_levers(base, allowed(exact), context);
      works = works || best.point.fits;
      write_combination(out.append("combined"), exact, best, figures);
    }
    out.text("status", works ? "feasible" : "infeasible");
    write_refusals(out, "already", LeverChange::Kind::kAlready);
    write_refusals(out, "impossible", LeverChange::Kind::kImpossible);
    write_notes(out);
    write_refusals(out, "not_assessed", LeverChange::Kind::kNotAssessed);
    for (const std::string& text : model_.not_assessed) {
      ObjectWriter row = out.append("not_assessed");
      row.text("what", "model");
      row.text("reason", text);
    }
  }

  /// Levers that may be combined; `exact`: only those that change no answer.
  [[nodiscard]] std::vector<std::size_t> allowed(bool exact) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < levers().size(); ++i) {
      const Lever& lever = levers()[i];
      if (lever.combines && (!exact || quality_.of(lever.quality).risk == "none")) out.push_back(i);
    }
    return out;
  }

  void write_row(ObjectWriter out, std::int64_t rank, const Row& row, const LeverFigures& base) {
    const Lever& lever = levers()[row.lever];
    out.integer("rank", rank,
                why_count("rank", static_cast<double>(rank),
                          fmt::format("ordered by {}", name_of(r_.goal))));
    out.text("name", lever.name);
    out.text("group", lever.group);
    out.text("change", row.text);
    write_deployment(out, row.point);
    write_figures(out, why_lever(row.point, inputs_), &base);
    write_quality(out.object("quality"), quality_.of(lever.quality));
  }

  void write_combination(ObjectWriter out, bool exact, const LeverCombination& best,
                         const LeverFigures& base) {
    out.text("quality", exact ? "answers unchanged" : "any");
    out.text("method", "every pair, the best one extended greedily; one lever of a group");
    out.list("levers");
    for (const std::size_t lever : best.levers) out.append_text("levers", levers()[lever].name);
    out.flag("meets_targets", estimator_.meets_targets(best.point));
    write_deployment(out, best.point);
    write_figures(out, why_lever(best.point, inputs_), &base);
  }

  void write_refusals(ObjectWriter& out, std::string_view key, LeverChange::Kind kind) {
    const bool unassessed = kind == LeverChange::Kind::kNotAssessed;
    out.list(key);
    for (const Refusal& refusal : refused_) {
      if (refusal.kind != kind) continue;
      ObjectWriter row = out.append(key);
      row.text(unassessed ? "what" : "name", levers()[refusal.lever].name);
      row.text("reason", refusal.text);
    }
  }

  void write_notes(ObjectWriter& out) {
    out.list("notes");
    for (const std::string& text : notes_) out.append_text("notes", text);
  }

  [[nodiscard]] LeverInputs input_whys() const {
    LeverInputs w;
    const auto given = [](std::string label, double value, std::string unit, std::string option) {
      return why_input(std::move(label), value, std::move(unit), std::move(option));
    };
    const auto workload = catalog_.find_workload(r_.workload);
    if (workload.ok()) {
      const WorkloadProfile& p = *workload->entry;
      w.input_tokens = why_fact("input_tokens", r_.input_tokens, "tokens", NumberKind::kAssumed,
                                p.source, p.confidence, p.note);
      w.output_tokens = why_fact("output_tokens", r_.output_tokens, "tokens", NumberKind::kAssumed,
                                 p.source, p.confidence, p.note);
    } else {
      w.input_tokens = given("input_tokens", r_.input_tokens, "tokens", "--input-tokens");
      w.output_tokens = given("output_tokens", r_.output_tokens, "tokens", "--output-tokens");
    }
    w.years = given("years", r_.years, "years", "--years");
    if (r_.cache_hit_share)
      w.cache_hit_share = given("cache_hit_share", *r_.cache_hit_share, "", "--cache-hit-share");
    w.draft_tokens =
        given("draft_tokens", static_cast<double>(r_.draft_tokens), "tokens", "--draft-tokens");
    if (r_.draft_acceptance)
      w.draft_acceptance = given("acceptance", *r_.draft_acceptance, "", "--draft-acceptance");
    if (r_.acceptance) {
      w.acceptance = given("acceptance", *r_.acceptance, "", "--acceptance");
      return w;
    }
    for (const AcceptanceNote& note : quality_.acceptance) {
      if (note.architecture == model_.architecture)
        w.acceptance = why_fact("acceptance", note.value, "", NumberKind::kFact, note.source,
                                note.confidence, note.text);
    }
    return w;
  }

  void write_inputs(ObjectWriter out) const;

  const Catalog& catalog_;
  const ModelSpec& model_;
  const ModelSpec* draft_;
  const LeversRequest& r_;
  LeverEstimator estimator_;
  ResultDocument document_;
  QualityData quality_;
  LeverInputs inputs_;
  std::vector<Row> rows_;
  std::vector<Refusal> refused_;
  std::vector<std::string> notes_;
};

void LeversAnswer::write_inputs(ObjectWriter out) const {
  const auto number = [&](std::string_view key, double value, const Why& why) {
    out.number(key, value, why);
  };
  const auto option = [&](std::string_view key, const std::optional<double>& value,
                          std::string name) {
    if (value) {
      out.number(key, *value, why_input(std::string(key), *value, "", std::move(name)));
    } else {
      out.null(key);
    }
  };
  const auto whole = [&](std::string_view key, const std::optional<std::int64_t>& value,
                         std::string name) {
    option(key, value ? std::optional(static_cast<double>(*value)) : std::nullopt, std::move(name));
  };
  out.text("phase", "serve");
  out.text("model", r_.model);
  out.list("set");
  for (const std::string& text : r_.overrides) out.append_text("set", text);
  out.text("gpu", r_.gpu);
  whole("tp", r_.layout.tp, "--tp");
  whole("pp", r_.layout.pp, "--pp");
  whole("ep", r_.layout.ep, "--ep");
  whole("dp", r_.layout.dp, "--dp");
  out.text("weights", r_.weights);
  out.text("kv", r_.kv);
  out.text("engine", r_.engine);
  out.text("workload", r_.workload);
  number("input_tokens", r_.input_tokens, inputs_.input_tokens);
  number("output_tokens", r_.output_tokens, inputs_.output_tokens);
  whole("batch", r_.batch, "--batch");
  whole("max_batched_tokens", r_.max_batched_tokens, "--max-batched-tokens");
  option("cache_hit_share", r_.cache_hit_share, "--cache-hit-share");
  option("acceptance", r_.acceptance, "--acceptance");
  whole("draft_tokens", r_.draft_tokens, "--draft-tokens");
  if (r_.draft_model.empty()) {
    out.null("draft_model");
  } else {
    out.text("draft_model", r_.draft_model);
  }
  option("draft_acceptance", r_.draft_acceptance, "--draft-acceptance");
  option("ttft_ms", r_.ttft_ms, "--ttft-ms");
  option("tpot_ms", r_.tpot_ms, "--tpot-ms");
  out.text("rank_by", name_of(r_.goal));
  out.text("price_basis", name_of(r_.basis));
  out.text("price_tier", r_.tier);
  out.text("region", r_.region);
  number("years", r_.years, inputs_.years);
}

}  // namespace

std::string_view name_of(LeverGoal goal) {
  return std::find_if(kGoals.begin(), kGoals.end(),
                      [&](const auto& entry) { return entry.second == goal; })
      ->first;
}

std::optional<LeverGoal> lever_goal_from(std::string_view name) {
  for (const auto& [text, goal] : kGoals) {
    if (text == name) return goal;
  }
  return {};
}

Result<ResultDocument> levers_document(const Catalog& catalog, const ModelSpec& model,
                                       const LeversRequest& request, const ModelSpec* draft) {
  return LeversAnswer(catalog, model, request, draft).run();
}

}  // namespace gpusize
