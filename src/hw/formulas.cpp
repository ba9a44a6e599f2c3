#include "gpusize/hw/formulas.hpp"

#include <array>

#include "gpusize/hw/device.hpp"

namespace gpusize {
namespace {

constexpr auto kAll = std::to_array<Formula>({
    formulas::kUnitRatio,
    formulas::kPowerRatio,
    formulas::kGemmMemoryTime,
    formulas::kGemmIdealTime,
    formulas::kGemmFraction,
    formulas::kGemmComputeTime,
    formulas::kGemmTime,
    formulas::kGroupedFraction,
    formulas::kGroupedComputeTime,
    formulas::kGroupedTime,
    formulas::kRowScaledComputeTime,
    formulas::kRowScaledStreamTime,
    formulas::kRowScaledTime,
    formulas::kUnfusedComputeTime,
    formulas::kUnfusedWalkTime,
    formulas::kUnfusedTime,
    formulas::kUnfusedOperators,
    formulas::kPrefillComputeTime,
    formulas::kPrefillMemoryTime,
    formulas::kPrefillTime,
    formulas::kScoreTime,
    formulas::kUnfusedPrefillTime,
    formulas::kDecodeMemoryTime,
    formulas::kDecodeComputeTime,
    formulas::kDecodeTime,
    formulas::kLoneReadTime,
    formulas::kLoneDecodeTime,
    formulas::kUnsplitWalkTime,
    formulas::kUnsplitDecodeTime,
    formulas::kLatentDecodeTime,
    formulas::kLibraryWorkDim,
    formulas::kLibraryMeanKeys,
    formulas::kLibraryBlockTime,
    formulas::kLibraryPrefillTime,
    formulas::kLibraryReadTime,
    formulas::kLibraryDecodeTime,
    formulas::kLibraryLatentDecodeTime,
    formulas::kLibraryLatentSplitTime,
    formulas::kLibraryHostTime,
    formulas::kMemoryBytes,
    formulas::kMemoryTime,
    formulas::kLaunchTime,
    formulas::kWireAllReduce,
    formulas::kWireGather,
    formulas::kWireSend,
    formulas::kMeshBandwidth,
    formulas::kAlgorithmTime,
    formulas::kOneShotTime,
    formulas::kAllToAllTime,
    formulas::kFasterAlgorithm,
    formulas::kCollectiveInStep,
    formulas::kNetworkTime,
    formulas::kEagerTime,
});

}  // namespace

std::span<const Formula> hw_formulas() { return kAll; }

}  // namespace gpusize
