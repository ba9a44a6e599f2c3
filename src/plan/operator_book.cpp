#include "plan/operator_book.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/hw/formulas.hpp"
#include "gpusize/ops/formulas.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

bool same(double a, double b) {
  return std::fabs(a - b) <= 1e-10 * std::max(std::fabs(a), std::fabs(b));
}

/// The rule's derivation when it gives the graph's own number.
std::optional<Why> if_same(Why why, double value) {
  if (same(why->value, value)) return why;
  return {};
}

const WeightFormat* stored_format(const WeightPlan& plan, Dtype storage, double bytes_per_element) {
  const auto fits = [&](const WeightFormat& f) {
    return f.storage == storage && same(f.bytes_per_element(), bytes_per_element);
  };
  if (fits(plan.wide)) return &plan.wide;
  const auto found = std::find_if(plan.formats.begin(), plan.formats.end(), fits);
  return found == plan.formats.end() ? nullptr : &*found;
}

}  // namespace

Why why_bytes_per_element(const ModelSpec& model, const WeightFormat& format) {
  const Why plain = constant_why("element_bytes", bytes_of(format.storage), "B",
                                 fmt::format("one number in {}", name_of(format.storage)));
  const TensorQuant& q = format.quant;
  const auto scale = [&] { return config_why(model, "scale_bytes", q.scale_bytes, "B"); };
  if (q.method == QuantMethod::kFp8Block) {
    return derive(
        formulas::kBlockScaledElement, "bytes per weight",
        {{"element_bytes", plain},
         {"scale_bytes", scale()},
         {"block_rows", config_why(model, "block_rows", static_cast<double>(q.block_rows))},
         {"block_cols", config_why(model, "block_cols", static_cast<double>(q.block_cols))}});
  }
  if (q.group > 0) {
    return derive(formulas::kGroupScaledElement, "bytes per weight",
                  {{"element_bytes", plain},
                   {"scale_bytes", scale()},
                   {"group", config_why(model, "group", static_cast<double>(q.group))}});
  }
  return plain;
}

Why OperatorBook::text(std::string_view symbol, double value) const {
  return book_.explain_any(op_.name, symbol, value, op_.count);
}

Why OperatorBook::of(std::string_view symbol, double value) const {
  std::optional<Why> why;
  if (value != 0.0) {
    switch (op_.work.cls) {
      case KernelClass::kGemm:
      case KernelClass::kGroupedGemm: why = gemm_rule(symbol); break;
      case KernelClass::kPrefillAttention:
      case KernelClass::kDecodeAttention: why = attention_rule(symbol); break;
      case KernelClass::kMemory: why = elementwise_rule(symbol, value); break;
      case KernelClass::kCollective: why = collective_rule(symbol); break;
    }
  }
  if (why && same((*why)->value, value)) return *why;
  return text(symbol, value);
}

Why OperatorBook::element_bytes() const {
  const GemmShape& g = op_.work.gemm;
  const double per_element = op_.work.weight_bytes.in(units::B) / (g.groups * g.n * g.k);
  const Deployment& d = book_.deployment();
  if (const WeightFormat* format = stored_format(d.weights, op_.work.weight, per_element)) {
    return why_bytes_per_element(*d.model, *format);
  }
  return constant_why("bytes_per_element", per_element, "B",
                      fmt::format("stored as {}", name_of(op_.work.weight)));
}

std::optional<Why> OperatorBook::gemm_rule(std::string_view symbol) const {
  const GemmShape& g = op_.work.gemm;
  if (symbol == "flops") {
    return derive(formulas::kGemmFlops, "FLOPs",
                  {{"m", text("m", g.m)}, {"n", text("n", g.n)}, {"k", text("k", g.k)}});
  }
  if (symbol == "weight_bytes") {
    return derive(formulas::kGemmWeightBytes, "weight bytes",
                  {{"groups", text("groups", g.groups)},
                   {"n", text("n", g.n)},
                   {"k", text("k", g.k)},
                   {"bytes_per_element", element_bytes()}});
  }
  if (symbol != "activation_bytes") return {};
  const double written = 2.0 * g.m * g.n;
  const double input = (op_.work.activation_bytes.in(units::B)-written) / (g.m * g.k);
  const double stored = std::round(input * 16.0) / 16.0;  // whole sixteenths: 2, 1, 0.5
  return derive(formulas::kGemmActivationBytes, "activation bytes",
                {{"m", text("m", g.m)},
                 {"n", text("n", g.n)},
                 {"k", text("k", g.k)},
                 {"input_bytes",
                  constant_why("input_bytes", stored, "B", "one number of the GEMM's input")}});
}

std::optional<Why> OperatorBook::cached_bytes(double per_token) const {
  const ModelSpec& model = *book_.deployment().model;
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (auto why = book_.explain("cache", "bytes_per_token", per_token, kind)) return why;
  }
  return {};
}

std::optional<Why> OperatorBook::attention_rule(std::string_view symbol) const {
  const AttentionShape& a = op_.work.attention;
  const auto shape = [&](std::string_view name, double value) { return text(name, value); };
  WhyInputs inputs{{"sequences", shape("sequences", a.sequences)}};
  if (symbol == "kv_bytes") {
    auto per_token =
        cached_bytes(op_.work.kv_bytes.in(units::B) / (a.sequences * a.kv_read_tokens));
    if (!per_token) return {};
    inputs.emplace_back("read_tokens", shape("kv_read", a.kv_read_tokens));
    inputs.emplace_back("bytes_per_token", *per_token);
    return derive(formulas::kDecodeKvRead, "KV bytes", std::move(inputs));
  }
  if (symbol != "flops" && symbol != "activation_bytes") return {};
  inputs.emplace_back("q", shape("queries", a.query_tokens));
  inputs.emplace_back("heads", shape("heads", a.query_heads));
  inputs.emplace_back("qk_dim", shape("qk_dim", a.qk_dim));
  inputs.emplace_back("v_dim", shape("v_dim", a.v_dim));
  if (symbol == "activation_bytes")
    return derive(formulas::kCoreActivationBytes, "activation bytes", std::move(inputs));
  inputs.emplace_back("attended", shape("kv_mean", a.kv_tokens));
  return derive(formulas::kPrefillFlops, "FLOPs", std::move(inputs));
}

std::optional<Why> OperatorBook::elementwise_rule(std::string_view symbol, double value) const {
  const ModelSpec& model = *book_.deployment().model;
  for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
    if (symbol == "kv_bytes") {
      const Why tokens = book_.symbol("tokens", kind);
      auto per_token = tokens->value > 0.0
                           ? book_.explain("cache", "bytes_per_token", value / tokens->value, kind)
                           : std::nullopt;
      if (per_token) {
        return if_same(derive(formulas::kCacheWriteBytes, "KV bytes",
                              {{"tokens", tokens}, {"bytes_per_token", *per_token}}),
                       value);
      }
    }
    if (symbol != "activation_bytes") continue;
    struct Rule {
      const Formula& formula;
      double bytes;
    };
    for (const Rule& rule :
         {Rule{formulas::kElementBytes, 2.0}, Rule{formulas::kQuantise8Bytes, 3.0},
          Rule{formulas::kQuantise4Bytes, 2.5}}) {
      if ((rule.bytes != 2.0) != op_.work.quantises) continue;
      if (auto elements = book_.explain(op_.name, "elements", value / rule.bytes, kind)) {
        return derive(rule.formula, "bytes moved", {{"elements", *elements}});
      }
    }
  }
  return {};
}

std::optional<Why> OperatorBook::collective_rule(std::string_view symbol) const {
  if (symbol != "comm_bytes") return {};
  const CollectiveShape& c = op_.work.collective;
  const Formula& formula = c.kind == CollectiveKind::kAllReduce     ? formulas::kWireAllReduce
                           : c.kind == CollectiveKind::kSendReceive ? formulas::kWireSend
                                                                    : formulas::kWireGather;
  return derive(formula, "bytes on one link",
                {{"ranks", text("ranks", static_cast<double>(c.ranks))},
                 {"message", text("message", c.message.in(units::B))}});
}

}  // namespace gpusize
