#include "gpusize/ops/weight_plan.hpp"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "ops/ceil_div.hpp"

namespace gpusize {
namespace {

Dtype storage_of(QuantMethod method, Dtype wide) {
  switch (method) {
    case QuantMethod::kNone: return wide;
    case QuantMethod::kFp8Block:
    case QuantMethod::kFp8Tensor:
    case QuantMethod::kFp8Channel:
    case QuantMethod::kMxfp8: return Dtype::kFp8;
    case QuantMethod::kInt8: return Dtype::kInt8;
    case QuantMethod::kAwq:
    case QuantMethod::kGptq:
    case QuantMethod::kInt4Group: return Dtype::kInt4;
    case QuantMethod::kMxfp4: return Dtype::kMxfp4;
    case QuantMethod::kNvfp4: return Dtype::kNvfp4;
  }
  return wide;
}

/// A dense or quantised format; `wide` is what unquantised tensors have.
WeightFormat format_of(const TensorQuant& quant, Dtype wide) {
  WeightFormat f;
  f.quant = quant;
  f.storage = storage_of(quant.method, wide);
  f.compute = f.storage;
  if (f.storage == Dtype::kFp32) f.compute = Dtype::kTf32;
  if (quant.weight_only) f.compute = wide == Dtype::kFp16 ? Dtype::kFp16 : Dtype::kBf16;
  if (quant.fp8_activations) f.compute = Dtype::kFp8;
  return f;
}

/// Roles whose matrices a conversion narrows.
constexpr std::array<TensorRole, 7> kLinearRoles{
    TensorRole::kAttention, TensorRole::kAttentionOutput, TensorRole::kIndexer,
    TensorRole::kDenseFfn,  TensorRole::kSharedExpert,    TensorRole::kExpert,
    TensorRole::kMtp};

struct Conversion {
  std::string_view request;
  QuantMethod method;
  std::optional<Dtype> wide;
};
constexpr auto kConversions = std::to_array<Conversion>({
    {"fp32", QuantMethod::kNone, Dtype::kFp32},
    {"bf16", QuantMethod::kNone, Dtype::kBf16},
    {"fp16", QuantMethod::kNone, Dtype::kFp16},
    {"fp8", QuantMethod::kFp8Block, {}},
    {"int8", QuantMethod::kInt8, {}},
    {"awq", QuantMethod::kAwq, {}},
    {"gptq", QuantMethod::kGptq, {}},
    {"mxfp4", QuantMethod::kMxfp4, {}},
    {"nvfp4", QuantMethod::kNvfp4, {}},
});

struct OtherName {
  std::string_view name;
  std::string_view request;
};
constexpr auto kOtherNames = std::to_array<OtherName>({
    {"float32", "fp32"},
    {"bfloat16", "bf16"},
    {"float16", "fp16"},
    {"half", "fp16"},
    {"float8", "fp8"},
    {"w8a8", "int8"},
    {"int4", "gptq"},
    {"int4-awq", "awq"},
    {"w4a16", "gptq"},
    {"fp4", "nvfp4"},
    {"auto", "native"},
});

/// Unquantised tensors of a converted checkpoint stay 16-bit.
Dtype wide_of(const ModelSpec& model) {
  return model.native == Dtype::kFp16   ? Dtype::kFp16
         : bits_of(model.native) > 16.0 ? Dtype::kFp32
                                        : Dtype::kBf16;
}

WeightPlan native_plan(const ModelSpec& model) {
  WeightPlan plan;
  const Dtype wide = wide_of(model);
  plan.wide = format_of({}, wide);
  for (std::size_t r = 0; r < kTensorRoles; ++r) {
    plan.formats.at(r) = format_of(model.quant.roles.at(r), wide);
    plan.mtp_formats.at(r) = format_of(model.quant.mtp_roles.at(r), wide);
  }
  const QuantMethod method = model.quant.method;
  plan.name =
      fmt::format("native ({})", method == QuantMethod::kNone ? name_of(wide) : name_of(method));
  return plan;
}

WeightPlan converted_plan(const ModelSpec& model, const Conversion& conversion) {
  WeightPlan plan;
  const Dtype native = wide_of(model) == Dtype::kFp32 ? Dtype::kBf16 : wide_of(model);
  const Dtype wide = conversion.wide.value_or(native);
  plan.name = conversion.request;
  plan.wide = format_of({}, wide);
  plan.formats.fill(plan.wide);
  for (const TensorRole role : kLinearRoles) {
    plan.formats.at(static_cast<std::size_t>(role)) =
        format_of(default_quant(conversion.method), wide);
  }
  plan.mtp_formats = plan.formats;
  return plan;
}

}  // namespace

double WeightFormat::bytes(std::int64_t rows, std::int64_t cols) const {
  const double elements = static_cast<double>(rows) * static_cast<double>(cols);
  const double plain = elements * bytes_of(storage);
  switch (quant.method) {
    case QuantMethod::kNone: return plain;
    case QuantMethod::kFp8Block:
      return plain + quant.scale_bytes * static_cast<double>(ceil_div(rows, quant.block_rows)) *
                         static_cast<double>(ceil_div(cols, quant.block_cols));
    case QuantMethod::kFp8Tensor: return plain + 2.0 * quant.scale_bytes;  // weight and input scale
    case QuantMethod::kFp8Channel:
    case QuantMethod::kInt8: return plain + quant.scale_bytes * static_cast<double>(rows);
    case QuantMethod::kMxfp8:
    case QuantMethod::kAwq:
    case QuantMethod::kGptq:
    case QuantMethod::kMxfp4:
    case QuantMethod::kNvfp4:
    case QuantMethod::kInt4Group: break;
  }
  const double groups =
      static_cast<double>(rows) * static_cast<double>(ceil_div(cols, quant.group));
  // NVFP4 has two fp32 scalars per matrix, compressed-tensors writes the shape as two 32-bit
  // integers.
  const bool scalars =
      quant.method == QuantMethod::kNvfp4 || quant.method == QuantMethod::kInt4Group;
  return plain + groups * quant.scale_bytes + (scalars ? 8.0 : 0.0);
}

std::int64_t WeightFormat::stored_elements(std::int64_t rows, std::int64_t cols) const {
  const std::int64_t elements = rows * cols;
  const std::int64_t groups = quant.group > 0 ? rows * ceil_div(cols, quant.group) : 0;
  switch (quant.method) {
    case QuantMethod::kNone:
    case QuantMethod::kFp8Tensor: return elements;
    case QuantMethod::kFp8Block:
      return elements + ceil_div(rows, quant.block_rows) * ceil_div(cols, quant.block_cols);
    case QuantMethod::kFp8Channel:
    case QuantMethod::kInt8: return elements + rows;
    case QuantMethod::kMxfp8: return elements + groups;
    case QuantMethod::kMxfp4:
    case QuantMethod::kNvfp4: return elements / 2 + groups;
    // 32-bit words of eight weights each are counted unpacked.
    case QuantMethod::kAwq:
    case QuantMethod::kGptq: return elements + 2 * groups;
    case QuantMethod::kInt4Group: return elements + groups + 16;
  }
  return elements;
}

double WeightFormat::bytes_per_element() const {
  const double plain = bytes_of(storage);
  if (quant.method == QuantMethod::kFp8Block) {
    return plain + quant.scale_bytes / (static_cast<double>(quant.block_rows) *
                                        static_cast<double>(quant.block_cols));
  }
  return quant.group > 0 ? plain + quant.scale_bytes / static_cast<double>(quant.group) : plain;
}

Result<WeightPlan> plan_weights(const ModelSpec& model, std::string_view request) {
  std::string wanted = normalise_name(request);
  for (const OtherName& other : kOtherNames) {
    if (wanted == other.name) wanted = other.request;
  }
  if (wanted == "native" || wanted.empty()) return native_plan(model);
  for (const Conversion& conversion : kConversions) {
    if (wanted == conversion.request) return converted_plan(model, conversion);
  }
  return make_error("ops-unknown-weights",
                    fmt::format("unknown weight format \"{}\"", printable(request)), {},
                    did_you_mean(wanted, weight_requests()));
}

std::vector<std::string> weight_requests() {
  std::vector<std::string> names{"native"};
  for (const Conversion& conversion : kConversions) names.emplace_back(conversion.request);
  return names;
}

}  // namespace gpusize
