#include "gpusize/ops/kv_cache.hpp"

#include <algorithm>

#include "gpusize/core/check.hpp"
#include "gpusize/ops/attention.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

KvFootprint footprint(const ModelSpec& model, std::size_t kind, std::int64_t tp, Dtype kv) {
  const AttentionSpec& spec = model.kinds[kind].attention;
  return attention_variant(spec.kind).kv(spec, tp, kv);
}

/// The largest of `amount(kind)` summed over the layers of each stage.
template <typename Amount>
auto fullest_stage(const ModelSpec& model, std::int64_t pp, bool with_mtp, const Amount& amount) {
  using Value = decltype(amount(std::size_t{0}));
  GPUSIZE_CHECK(pp > 0, "at least one stage");
  Value most{};
  for (std::int64_t s = 0; s < pp; ++s) {
    const StageLayers stage = stage_layers(model.layer_count(), pp, s);
    const auto* first = model.layers.data() + stage.first;
    Value sum{};
    for (std::size_t k = 0; k < model.kinds.size(); ++k) {
      double layers = dbl(std::count(first, first + stage.count, static_cast<std::uint8_t>(k)));
      if (with_mtp && s == pp - 1 && model.mtp.layers > 0 && k == model.mtp.kind)
        layers += dbl(model.mtp.layers);
      if (layers > 0.0) sum += layers * amount(k);
    }
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

double kv_vector_bytes(double elements, Dtype kv) {
  const double plain = elements * bytes_of(kv);
  switch (kv) {
    case Dtype::kInt8:
    case Dtype::kInt4: return plain + 4.0;
    case Dtype::kNvfp4: return plain + elements / 16.0;
    case Dtype::kMxfp4: return plain + elements / 32.0;
    case Dtype::kFp32:
    case Dtype::kTf32:
    case Dtype::kBf16:
    case Dtype::kFp16:
    case Dtype::kFp8: return plain;
  }
  return plain;
}

Bytes KvFootprint::of(Tokens tokens) const {
  const Tokens in_window = min(tokens, dbl(window) * units::token);
  return (growing + unlisted) * tokens + windowed * in_window + fixed;
}

BytesPerToken kv_bytes_per_token(const ModelSpec& model, Dtype kv) {
  BytesPerToken sum;
  for (std::size_t k = 0; k < model.kinds.size(); ++k) {
    const KvFootprint f = footprint(model, k, 1, kv);
    const bool compressed = model.kinds[k].attention.kind == AttentionKind::kCompressed;
    sum += dbl(model.count_of(k)) * (compressed ? f.growing : f.growing + f.windowed);
  }
  return sum;
}

BytesPerToken kv_growing_bytes_per_token(const ModelSpec& model, Dtype kv) {
  BytesPerToken sum;
  for (std::size_t k = 0; k < model.kinds.size(); ++k)
    sum += dbl(model.count_of(k)) * footprint(model, k, 1, kv).growing;
  return sum;
}

Bytes kv_bytes_per_sequence(const ModelSpec& model, const Layout& layout, Dtype kv,
                            std::int64_t tokens, std::int64_t block, bool with_mtp) {
  const std::int64_t size = std::max<std::int64_t>(1, block);
  const auto whole_blocks = [size](std::int64_t n) { return (n + size - 1) / size * size; };
  const Tokens rounded = dbl(whole_blocks(tokens)) * units::token;
  return fullest_stage(model, layout.pp, with_mtp, [&](std::size_t k) {
    KvFootprint f = footprint(model, k, layout.tp, kv);
    f.window = whole_blocks(f.window);
    return f.of(rounded);
  });
}

BytesPerToken kv_bytes_per_token_per_gpu(const ModelSpec& model, const Layout& layout, Dtype kv,
                                         bool with_mtp) {
  return fullest_stage(model, layout.pp, with_mtp, [&](std::size_t k) {
    const KvFootprint f = footprint(model, k, layout.tp, kv);
    return f.growing + f.unlisted;
  });
}

}  // namespace gpusize
