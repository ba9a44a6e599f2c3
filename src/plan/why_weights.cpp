#include <algorithm>

#include <fmt/format.h>

#include "gpusize/ops/formulas.hpp"
#include "gpusize/ops/tensors.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/operator_book.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// Rows, columns and counts of tensor groups from config fields.
class TensorBook {
 public:
  TensorBook(const Deployment& deployment, const Chosen& chosen)
      : deployment_(deployment), book_(deployment, StepShape{}, chosen) {}

  Why number(const TensorGroup& g, std::string_view symbol, double value) {
    const ModelSpec& model = *deployment_.model;
    std::size_t kind = 0;
    if (g.layer_kind >= 0) kind = static_cast<std::size_t>(g.layer_kind);
    if (g.part == TensorPart::kMtp) kind = model.mtp.kind;
    if (auto why = book_.explain(g.name, symbol, value, kind)) return *why;
    return config_why(model, fmt::format("{} of {}", symbol, g.name), value);
  }

  Why share(const TensorGroup& g, double value) {
    const auto symbol = [&](std::string_view name) { return book_.symbol(name, 0); };
    switch (g.sharding) {
      case Sharding::kReplicated: break;
      case Sharding::kTensorParallel:
        return derive(formulas::kTensorShare, "share", {{"tp", symbol("tp")}});
      case Sharding::kKvHeads:
        return derive(formulas::kKvShare, "share",
                      {{"tp", symbol("tp")},
                       {"kv_heads", config_why(*deployment_.model, "kv_heads", dbl(g.kv_heads))}});
      case Sharding::kExpert:
        return derive(formulas::kExpertsShare, "share",
                      {{"experts", number(g, "matrices", dbl(g.count))},
                       {"ep", symbol("ep")},
                       {"tp", symbol("tp")},
                       {"dp", symbol("dp")}});
    }
    return why_count("share", value, "a whole copy on every GPU of its stage");
  }

  /// Bytes of one matrix under the deployment's formats.
  Why matrix(const TensorGroup& g, double value) {
    const WhyInputs sides{{"rows", number(g, "rows", dbl(g.rows))},
                          {"cols", number(g, "cols", dbl(g.cols))}};
    if (g.fixed_bytes > 0)
      return plain(sides, dbl(g.fixed_bytes), "stored so whatever the format", value);
    const WeightPlan& plan = deployment_.weights;
    const WeightFormat& format =
        g.quantisable ? plan.of(g.role, g.part == TensorPart::kMtp) : plan.wide;
    return formatted(sides, format, value);
  }

 private:
  Why plain(WhyInputs sides, double bytes, std::string note, double value) const {
    sides.emplace_back("element_bytes", constant_why("element_bytes", bytes, "B", std::move(note)));
    return why_formula(formulas::kPlainMatrix, "bytes of one matrix", value, std::move(sides));
  }

  Why formatted(WhyInputs sides, const WeightFormat& format, double value) const {
    const ModelSpec& model = *deployment_.model;
    const TensorQuant& q = format.quant;
    const std::string note = fmt::format("one number in {}", name_of(format.storage));
    if (q.method == QuantMethod::kNone)
      return plain(std::move(sides), bytes_of(format.storage), note, value);
    const auto add = [&](std::string symbol, double number) {
      sides.emplace_back(symbol, config_why(model, symbol, number));
    };
    add("scale_bytes", q.scale_bytes);
    if (q.method == QuantMethod::kFp8Block) {
      add("block_rows", dbl(q.block_rows));
      add("block_cols", dbl(q.block_cols));
      return why_formula(formulas::kBlockScaledBytes, "bytes of one matrix", value,
                         std::move(sides));
    }
    sides.emplace_back("element_bytes",
                       constant_why("element_bytes", bytes_of(format.storage), "B", note));
    const std::string label = fmt::format("bytes of one matrix ({})", name_of(q.method));
    if (q.method == QuantMethod::kFp8Tensor) {
      return why_formula(formulas::kTensorScaledMatrix, label, value, std::move(sides));
    }
    if (q.method == QuantMethod::kFp8Channel || q.method == QuantMethod::kInt8) {
      return why_formula(formulas::kRowScaledMatrix, label, value, std::move(sides));
    }
    add("group", dbl(q.group));
    const bool scalars = q.method == QuantMethod::kNvfp4 || q.method == QuantMethod::kInt4Group;
    sides.emplace_back("scalars",
                       constant_why("scalars", scalars ? 8.0 : 0.0, "B",
                                    scalars ? "two 32-bit numbers per matrix" : "none per matrix"));
    return why_formula(formulas::kGroupScaledMatrix, label, value, std::move(sides));
  }

  const Deployment& deployment_;
  ShapeBook book_;
};

/// Groups of one name in several kinds of layers are told apart.
std::string label_of(const ModelSpec& model, const TensorGroup& g) {
  if (g.part == TensorPart::kMtp) return fmt::format("{} of the draft module", g.name);
  if (g.layer_kind < 0 || model.kinds.size() == 1) return std::string(g.name);
  return fmt::format("{} of layer kind {}", g.name, g.layer_kind + 1);
}

/// The stage that weight_bytes_per_gpu() takes: the first of the heaviest.
std::int64_t heaviest_stage(const Deployment& d) {
  const auto stages = weight_bytes_by_stage(*d.model, d.weights, d.layout, d.load_mtp);
  const auto heaviest = std::max_element(
      stages.begin(), stages.end(),
      [](const WeightBytes& a, const WeightBytes& b) { return a.total() < b.total(); });
  return heaviest - stages.begin();
}

/// What the engine's kernels add to one group's matrices.
Why padding_bytes(const Deployment& d, const LoadedGroup& loaded, Why layers) {
  const PaddedMatrix& m = loaded.padded;
  const PaddingRule* rule =
      d.engine->padding_of(d.weights.of(loaded.group.role).storage, d.gpu->architecture);
  GPUSIZE_CHECK(rule != nullptr, "padded by a rule of the engine");
  const auto side = [&](std::string_view symbol, double value) {
    return why_fact(std::string(symbol), value, "", NumberKind::kFact, rule->source,
                    rule->confidence, fmt::format("as {} wants it", rule->kernels));
  };
  const auto own = [](std::string_view symbol, double value, std::string note) {
    return why_count(std::string(symbol), value, std::move(note));
  };
  return why_formula(
      formulas::kPaddedExperts, fmt::format("padding of {}", loaded.group.name),
      loaded.padding().in(units::B),
      {{"padded_rows", side("padded_rows", m.padded_rows)},
       {"padded_cols", side("padded_cols", m.padded_cols)},
       {"rows", own("rows", m.rows, "of this GPU's part of a matrix")},
       {"cols", own("cols", m.cols, "of this GPU's part of a matrix")},
       {"element_bytes", constant_why("element_bytes", m.element_bytes, "B", "one packed number")},
       {"group", own("group", m.group, "elements of a row that share a scale")},
       {"scale_bytes", constant_why("scale_bytes", m.scale_bytes, "B",
                                    m.scale_bytes > 0.0 ? "one scale" : "scales are not padded")},
       {"matrices", own("matrices", loaded.matrices, "of this group on one GPU, a layer")},
       {"layers", std::move(layers)}});
}

Why role_bytes(const Deployment& d, const std::vector<LoadedGroup>& groups, TensorRole role,
               TensorBook& book) {
  WhyInputs parts;
  Bytes total;
  for (const LoadedGroup& loaded : groups) {
    if (loaded.row != role) continue;
    const TensorGroup& g = loaded.group;
    const bool whole = loaded.layers == dbl(g.layers);
    const Why layers =
        whole ? book.number(g, "group_layers", loaded.layers)
              : why_count("layers", loaded.layers, fmt::format("of {} on this stage", g.layers));
    total += loaded.bytes();
    const std::string label = label_of(*d.model, g);
    parts.emplace_back(label,
                       why_formula(formulas::kLoadedGroup, label, loaded.stored().in(units::B),
                                   {{"matrix_bytes", book.matrix(g, loaded.matrix_bytes)},
                                    {"matrices", book.number(g, "matrices", dbl(g.count))},
                                    {"layers", layers},
                                    {"share", book.share(g, loaded.share)}}));
    if (loaded.padding() > Bytes{})
      parts.emplace_back("padding of " + label, padding_bytes(d, loaded, layers));
  }
  return why_sum(fmt::format("{} weights ({})", name_of(role), d.weights.name), total.in(units::B),
                 "B", std::move(parts));
}

}  // namespace

Why why_weights(const Deployment& d, std::optional<TensorRole> role, const Chosen& chosen) {
  TensorBook book(d, chosen);
  const auto groups = loaded_groups(*d.model, d.weights, d.layout, heaviest_stage(d), d.load_mtp);
  if (role) return role_bytes(d, groups, *role, book);
  WhyInputs parts;
  double total = 0.0;
  for (std::size_t r = 0; r < kTensorRoles; ++r) {
    const Why part = role_bytes(d, groups, static_cast<TensorRole>(r), book);
    if (part->inputs.empty()) continue;
    total += part->value;
    parts.emplace_back(std::string(name_of(static_cast<TensorRole>(r))), part);
  }
  return why_sum("weights on one GPU", total, "B", std::move(parts));
}

namespace {

/// One sum over tensor groups: which are in, how many matrices of each, in what unit.
template <typename Include, typename Part>
Why sum_over(const ModelSpec& model, std::string label, double total, std::string unit,
             const Include& include, const Part& part) {
  WhyInputs parts;
  for (const TensorGroup& g : tensors_of(model)) {
    if (include(g)) parts.emplace_back(label_of(model, g), part(g));
  }
  return why_sum(std::move(label), total, std::move(unit), std::move(parts));
}

}  // namespace

ParameterWhys why_parameters(const ModelSpec& model) {
  const auto plan = plan_weights(model, "native");
  Deployment d;
  d.model = &model;
  d.weights = *plan;
  TensorBook book(d, {});
  const ParameterCounts counts = count_parameters(model);

  const auto elements = [&](const TensorGroup& g, std::string_view symbol, std::int64_t matrices) {
    return why_formula(formulas::kGroupElements, label_of(model, g),
                       dbl(g.rows * g.cols * matrices * g.layers),
                       {{"rows", book.number(g, "rows", dbl(g.rows))},
                        {"cols", book.number(g, "cols", dbl(g.cols))},
                        {"matrices", book.number(g, symbol, dbl(matrices))},
                        {"layers", book.number(g, "group_layers", dbl(g.layers))}});
  };
  const auto is_main = [](const TensorGroup& g) { return g.part == TensorPart::kMain; };
  ParameterWhys out;
  out.total = sum_over(model, "parameters", dbl(counts.total), "", is_main,
                       [&](const TensorGroup& g) { return elements(g, "matrices", g.count); });
  out.active = sum_over(
      model, "parameters that one token passes", dbl(counts.active), "",
      [&](const TensorGroup& g) {
        return is_main(g) && (g.role != TensorRole::kEmbedding || model.tied_embeddings);
      },
      [&](const TensorGroup& g) { return elements(g, "active", g.active_count); });
  out.mtp = sum_over(
      model, "parameters of the draft module", dbl(counts.mtp), "",
      [](const TensorGroup& g) { return g.part == TensorPart::kMtp; },
      [&](const TensorGroup& g) { return elements(g, "matrices", g.count); });
  const auto all = [](const TensorGroup&) { return true; };
  out.checkpoint_elements = sum_over(
      model, "elements of the checkpoint", dbl(counts.checkpoint_elements), "", all,
      [&](const TensorGroup& g) {
        const bool wide = g.fixed_bytes > 0 || !g.quantisable;
        const WeightFormat& format = plan->of(g.role, g.part == TensorPart::kMtp);
        const double stored = dbl(
            (wide ? g.rows * g.cols : format.stored_elements(g.rows, g.cols)) * g.count * g.layers);
        return why_count(
            label_of(model, g), stored,
            wide || format.quant.method == QuantMethod::kNone
                ? fmt::format("{} x {}, {} matrices in {} layers", g.rows, g.cols, g.count,
                              g.layers)
                : fmt::format("{} x {}, {} matrices in {} layers, stored as {} with its scales",
                              g.rows, g.cols, g.count, g.layers, name_of(format.quant.method)));
      });
  out.checkpoint_bytes = sum_over(
      model, "bytes of the checkpoint", counts.checkpoint_bytes.in(units::B), "B", all,
      [&](const TensorGroup& g) {
        const double bytes = stored_bytes(g, *plan);
        return why_formula(formulas::kGroupBytes, label_of(model, g), bytes,
                           {{"matrix_bytes", book.matrix(g, bytes / dbl(g.count * g.layers))},
                            {"matrices", book.number(g, "matrices", dbl(g.count))},
                            {"layers", book.number(g, "group_layers", dbl(g.layers))}});
      });
  return out;
}

}  // namespace gpusize
