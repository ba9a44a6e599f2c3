#include "gpusize/ops/formulas.hpp"

#include <array>

namespace gpusize {
namespace {

constexpr auto kAll = std::to_array<Formula>({
    formulas::kGemmFlops,
    formulas::kGemmWeightBytes,
    formulas::kBlockScaledBytes,
    formulas::kGroupScaledBytes,
    formulas::kTensorParallelShare,
    formulas::kExpertShare,
    formulas::kCausalMean,
    formulas::kPrefillFlops,
    formulas::kDecodeKvRead,
    formulas::kGqaKv,
    formulas::kWindowKv,
    formulas::kMlaKv,
    formulas::kMlaDecodeFlops,
    formulas::kMlaPrefillFlops,
    formulas::kSparseKvFp8,
    formulas::kIndexerFlops,
    formulas::kSelected,
    formulas::kCompressedKv,
    formulas::kCompressedAttended,
    formulas::kBlockAttended,
    formulas::kDeltaState,
    formulas::kDeltaFlops,
    formulas::kLightningState,
    formulas::kDistinctExperts,
    formulas::kExpertRows,
    formulas::kDispatchBytes,
    formulas::kAllReduceBytes,
});

}  // namespace

std::span<const Formula> ops_formulas() { return kAll; }

}  // namespace gpusize
