// One row per attention variant, in the order of AttentionKind.

#include <array>

#include "gpusize/core/check.hpp"
#include "ops/attention_common.hpp"

namespace gpusize {

std::span<const AttentionVariant> attention_variants() {
  static const std::array<AttentionVariant, kAttentionKinds> kTable{
      kGqaAttention,         kMlaAttention,        kSparseMlaAttention, kCompressedAttention,
      kBlockSparseAttention, kGatedDeltaAttention, kLightningAttention};
  return kTable;
}

const AttentionVariant& attention_variant(AttentionKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  const auto table = attention_variants();
  GPUSIZE_CHECK(index < table.size() && table[index].kind == kind,
                "attention table is in the order of AttentionKind");
  return table[index];
}

}  // namespace gpusize
