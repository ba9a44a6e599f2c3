#include "gpusize/fleet/mig_document.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/fleet/mig_packing.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/plan/why.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/mig-1.schema.json";
constexpr std::size_t kMostModels = 64;
constexpr Formula kPool{"mig.kv_pool", "sequences * kv_per_sequence", "B",
                        "sequences that the instance must hold"};
constexpr Formula kNeeded{"mig.needed", "weights + activations + runtime + kv_cache", "B",
                          "what the model takes of its instance"};

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// A model on one instance size.
struct Trial {
  Deployment deployment;
  MemoryPerGpu memory;
  bool fits = false;
};

class MigAnswer {
 public:
  MigAnswer(const Catalog& catalog, const MigRequest& request, const MigModels& models)
      : catalog_(catalog), r_(request), models_(models), document_(kSchema, "mig") {}

  Result<ResultDocument> run() {
    if (const Diagnostics problems = resolve(); has_errors(problems)) return problems;
    if (!models_.empty()) {
      if (const Diagnostics problems = try_models(); has_errors(problems)) return problems;
    }
    write();
    return std::move(document_);
  }

 private:
  Diagnostics resolve() {
    const auto found = catalog_.find_gpu(r_.gpu);
    if (!found.ok()) return found.errors();
    gpu_ = found->entry;
    geometry_ = mig_geometry_of(catalog_.mig(), *gpu_);
    if (geometry_ == nullptr) {
      return {make_error("mig-none", fmt::format("{} has no multi-instance mode", gpu_->id), {},
                         "cards with it: A30, A100, H100, H200, B200, RTX PRO 6000; "
                         "gpusize plan --share mps:N shares others")};
    }
    if (models_.size() > kMostModels) {
      return {make_error("mig-models",
                         fmt::format("{} models, at most {}", models_.size(), kMostModels), {},
                         "gpusize pool plans larger fleets")};
    }
    // Partitions list the plain sizes; a packing may also use double memory.
    profiles_ = basic_mig_profiles(*gpu_);
    if (!models_.empty()) profiles_ = plain_profiles();
    return check_profile();
  }

  [[nodiscard]] std::vector<MigProfile> plain_profiles() const {
    std::vector<MigProfile> out;
    for (const MigProfile& profile : gpu_->mig_profiles) {
      if (profile.name.find_first_of("+-") == std::string::npos) out.push_back(profile);
    }
    return out;
  }

  Diagnostics check_profile() {
    if (r_.profile.empty()) return {};
    std::vector<std::string> names;
    for (const MigProfile& profile : gpu_->mig_profiles) names.push_back(profile.name);
    const auto known = std::find(names.begin(), names.end(), r_.profile);
    if (known == names.end()) {
      const std::string near = did_you_mean(r_.profile, names);
      return {
          make_error("mig-unknown-profile",
                     fmt::format("{} has no MIG profile \"{}\"", gpu_->id, printable(r_.profile)),
                     {}, near.empty() ? fmt::format("one of: {}", fmt::join(names, ", ")) : near)};
    }
    const MigProfile& asked = gpu_->mig_profiles[static_cast<std::size_t>(known - names.begin())];
    const bool listed = std::any_of(profiles_.begin(), profiles_.end(),
                                    [&](const MigProfile& p) { return p.name == asked.name; });
    if (!listed) profiles_.push_back(asked);
    return {};
  }

  Diagnostics try_models() {
    for (const MigProfile& profile : profiles_) slices_.push_back(mig_slice(*gpu_, profile));
    for (const auto& model : models_) {
      trials_.emplace_back();
      for (std::size_t p = 0; p < profiles_.size(); ++p) {
        auto trial = try_on(*model, slices_[p], p);
        if (!trial.ok()) return trial.errors();
        trials_.back().push_back(std::move(trial).value());
      }
    }
    return {};
  }

  Result<Trial> try_on(const ModelSpec& model, const GpuSpec& slice, std::size_t profile) {
    Trial trial;
    Deployment& d = trial.deployment;
    d.model = &model;
    d.gpu = &slice;
    d.rates = &catalog_.rates_for(slice);
    if (r_.engine == "auto") {
      d.engine = default_engine(catalog_, slice, true);
    } else {
      const auto engine = catalog_.find_engine(r_.engine);
      if (!engine.ok()) return engine.errors();
      d.engine = engine->entry;
    }
    const auto weights = resolve_weights(model, r_.weights, slice, d.engine);
    if (!weights.ok()) return weights.errors();
    const auto kv = resolve_kv(model, r_.kv, slice);
    if (!kv.ok()) return kv.errors();
    if (d.engine == nullptr || !engine_runs_on(*d.engine, slice))
      return make_error("est-engine", fmt::format("{} does not run on {}", r_.engine, gpu_->id));
    d.weights = weights->plan;
    d.kv = *kv;
    if (const auto problem = format_problem(d.weights, d.kv, slice))
      return make_error("est-format", *problem, {}, "try --weights bf16 or --weights awq");
    const Bytes one =
        kv_bytes_per_sequence(model, d.layout, d.kv, r_.context, d.engine->kv_block_tokens);
    trial.memory = memory_per_gpu(d, engine_peak(d), dbl(r_.batch) * one);
    trial.fits = (r_.profile.empty() || profiles_[profile].name == r_.profile) &&
                 trial.memory.weights_fit() && trial.memory.kv_cache <= trial.memory.kv_room;
    return trial;
  }

  void write() {
    ObjectWriter out = document_.root();
    out.object("catalog").text("version", catalog_.version());
    std::vector<std::size_t> homeless;
    for (std::size_t m = 0; m < trials_.size(); ++m) {
      if (std::none_of(trials_[m].begin(), trials_[m].end(), [](const Trial& t) { return t.fits; }))
        homeless.push_back(m);
    }
    out.text("status", homeless.empty() ? "feasible" : "infeasible");
    write_inputs(out.object("inputs"));
    out.text("gpu", gpu_->id);
    out.text("geometry", geometry_->id);
    MigPacking packing;
    if (homeless.empty() && !models_.empty())
      packing = pack_mig(*geometry_, profiles_, fit_table());
    out.integer("cards", packing.cards,
                why_search("cards", dbl(packing.cards), "cards",
                           packing.proven ? "fewest cards that hold all models; proven by search"
                                          : "best found; the search was cut off",
                           {}));
    out.flag("proven", packing.proven);
    out.list("placements");
    for (const MigAssignment& a : packing.assignments) write_placement(out.append("placements"), a);
    write_partitions(out, packing);
    out.list("rejected");
    for (const std::size_t m : homeless) write_rejected(out.append("rejected"), m);
    out.list("not_assessed");
    for (const auto& model : models_) {
      for (const std::string& text : model->not_assessed) {
        ObjectWriter row = out.append("not_assessed");
        row.text("what", model->id);
        row.text("reason", text);
      }
    }
  }

  [[nodiscard]] std::vector<std::vector<bool>> fit_table() const {
    std::vector<std::vector<bool>> out;
    for (const auto& row : trials_) {
      out.emplace_back();
      for (const Trial& trial : row) out.back().push_back(trial.fits);
    }
    return out;
  }

  void write_inputs(ObjectWriter out) const {
    out.text("gpu", r_.gpu);
    out.list("models");
    for (const std::string& model : r_.models) out.append_text("models", model);
    out.text("weights", r_.weights);
    out.text("kv", r_.kv);
    out.text("engine", r_.engine);
    out.integer("batch", r_.batch, why_input("batch", dbl(r_.batch), "sequences", "--batch"));
    out.integer("context", r_.context,
                why_input("context", dbl(r_.context), "tokens", "--context"));
    out.text("profile", r_.profile);
  }

  void write_placement(ObjectWriter row, const MigAssignment& a) {
    const Trial& trial = trials_[a.model][a.placement.profile];
    const Deployment& d = trial.deployment;
    const auto found = [](std::string_view what, std::int64_t value) {
      return why_search(std::string(what), dbl(value), "", "chosen by the packing", {});
    };
    row.text("model", r_.models[a.model]);
    row.integer("card", a.card + 1, found("card", a.card + 1));
    row.text("profile", profiles_[a.placement.profile].name);
    row.text("gpu", d.gpu->id);
    row.integer("start", a.placement.start, found("first memory slice", a.placement.start));
    row.integer("memory_slices", a.placement.size, found("memory slices", a.placement.size));
    row.text("weights_dtype", d.weights.name);
    row.text("engine", d.engine->id);
    const Why context = why_input("context", dbl(r_.context), "tokens", "--context");
    const Why batch = why_input("batch", dbl(r_.batch), "sequences", "--batch");
    const Why pool =
        why_formula(kPool, "KV cache", trial.memory.kv_cache.in(units::B),
                    {{"sequences", batch}, {"kv_per_sequence", why_kv_per_sequence(d, context)}});
    const MemoryPerGpu& m = trial.memory;
    const MemoryWhys why = why_memory(d, m, pool, why_engine_tokens(d), why_engine_rows(d));
    row.number("weights_bytes", m.weights.in(units::B), why.weights);
    const double needed = (m.weights + m.activations + m.runtime + m.kv_cache).in(units::B);
    row.number("needed_bytes", needed,
               why_formula(kNeeded, "needed", needed,
                           {{"weights", why.weights},
                            {"activations", why.activations},
                            {"runtime", why.runtime},
                            {"kv_cache", why.kv_cache}}));
    row.number("usable_bytes", m.usable.in(units::B), why.usable);
    row.number("memory_bytes", m.capacity.in(units::B), why.capacity);
  }

  [[nodiscard]] std::string describe(const MigPartition& partition) const {
    std::vector<std::string> parts;
    for (const MigPlacement& p : partition)
      parts.push_back(fmt::format("{}@{}", profiles_[p.profile].name, p.start));
    return fmt::format("{}", fmt::join(parts, " + "));
  }

  /// All partitions, or those of one card that hold every model.
  void write_partitions(ObjectWriter& out, const MigPacking& packing) {
    out.list("partitions");
    if (!models_.empty() && packing.cards != 1) return;
    for (const MigPartition& partition : mig_partitions(*geometry_, profiles_)) {
      if (!models_.empty() && !holds(partition)) continue;
      if (models_.empty() && !r_.profile.empty() && !has_profile(partition)) continue;
      ObjectWriter row = out.append("partitions");
      row.text("layout", describe(partition));
      row.integer(
          "instances", static_cast<std::int64_t>(partition.size()),
          why_count("instances", static_cast<double>(partition.size()),
                    fmt::format("placements of {} ({})", geometry_->id, geometry_->source.title)));
    }
  }

  [[nodiscard]] bool has_profile(const MigPartition& partition) const {
    return std::any_of(partition.begin(), partition.end(), [&](const MigPlacement& p) {
      return profiles_[p.profile].name == r_.profile;
    });
  }

  /// Whether every model finds an instance of its own (augmenting paths).
  [[nodiscard]] bool holds(const MigPartition& partition) const {
    std::vector<std::int64_t> owner(partition.size(), -1);
    for (std::size_t m = 0; m < trials_.size(); ++m) {
      std::vector<bool> seen(partition.size(), false);
      if (!seat(m, partition, owner, seen)) return false;
    }
    return true;
  }

  bool seat(std::size_t model, const MigPartition& partition, std::vector<std::int64_t>& owner,
            std::vector<bool>& seen) const {
    for (std::size_t i = 0; i < partition.size(); ++i) {
      if (seen[i] || !trials_[model][partition[i].profile].fits) continue;
      seen[i] = true;
      if (owner[i] < 0 || seat(static_cast<std::size_t>(owner[i]), partition, owner, seen)) {
        owner[i] = static_cast<std::int64_t>(model);
        return true;
      }
    }
    return false;
  }

  void write_rejected(ObjectWriter row, std::size_t m) const {
    const auto largest = std::max_element(
        trials_[m].begin(), trials_[m].end(),
        [](const Trial& a, const Trial& b) { return a.memory.capacity < b.memory.capacity; });
    const MemoryPerGpu& memory = largest->memory;
    const double needed =
        (memory.weights + memory.activations + memory.runtime + memory.kv_cache).in(units::GiB);
    row.text("model", r_.models[m]);
    row.text("reason",
             fmt::format("needs {:.2f} GiB, the largest instance ({}) lets it use {:.2f} GiB: the "
                         "smallest addition is more cards in one replica (gpusize plan)",
                         needed, largest->deployment.gpu->id, memory.usable.in(units::GiB)));
  }

  const Catalog& catalog_;
  const MigRequest& r_;
  const MigModels& models_;
  ResultDocument document_;
  const GpuSpec* gpu_ = nullptr;
  const MigGeometry* geometry_ = nullptr;
  std::vector<MigProfile> profiles_;
  std::vector<GpuSpec> slices_;
  std::vector<std::vector<Trial>> trials_;  ///< model x profile
};

}  // namespace

Result<ResultDocument> mig_document(const Catalog& catalog, const MigRequest& request,
                                    const MigModels& models) {
  return MigAnswer(catalog, request, models).run();
}

Result<MigRequest> read_mig_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of mig", "mig", problems);
  MigRequest r;
  r.gpu = reader.required_text("gpu");
  r.models = reader.texts("models");
  r.weights = reader.text("weights").value_or(r.weights);
  r.kv = reader.text("kv").value_or(r.kv);
  r.engine = reader.text("engine").value_or(r.engine);
  r.batch = reader.required_integer("batch", {1.0, 1e6});
  r.context = reader.required_integer("context", {1.0, 1e8});
  r.profile = reader.text("profile").value_or("");
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
