#include "plan/why_formulas.hpp"

#include <array>

#include "gpusize/plan/why.hpp"

namespace gpusize {
namespace {

constexpr auto kAll = std::to_array<Formula>({
    formulas::kOperatorTime,
    formulas::kOperatorAmount,
    formulas::kHostTime,
    formulas::kHostTimePrefill,
    formulas::kBand,
    formulas::kBandHigh,
    formulas::kBandLow,
    formulas::kGemmActivationBytes,
    formulas::kCoreActivationBytes,
    formulas::kElementBytes,
    formulas::kQuantise8Bytes,
    formulas::kQuantise4Bytes,
    formulas::kCacheWriteBytes,
    formulas::kPlainMatrix,
    formulas::kTensorScaledMatrix,
    formulas::kRowScaledMatrix,
    formulas::kGroupScaledMatrix,
    formulas::kBlockScaledElement,
    formulas::kGroupScaledElement,
    formulas::kLoadedGroup,
    formulas::kPaddedExperts,
    formulas::kTensorShare,
    formulas::kKvShare,
    formulas::kExpertsShare,
    formulas::kGroupElements,
    formulas::kGroupBytes,
    formulas::kKvKind,
    formulas::kKvSequenceKind,
    formulas::kKvSequenceGrowing,
    formulas::kRoundedTokens,
    formulas::kActivations,
    formulas::kResidual,
    formulas::kWidestAttention,
    formulas::kWidestFfn,
    formulas::kWidestExperts,
    formulas::kPeerBuffers,
    formulas::kFree,
    formulas::kRoomAll,
    formulas::kRoomOfTotal,
    formulas::kRoomOfFree,
    formulas::kRoomStatic,
    formulas::kUsableOfTotal,
    formulas::kUsableSum,
    formulas::kSglangReserve,
    formulas::kSglangFraction,
    formulas::kReplicaGpus,
    formulas::kPerRank,
    formulas::kPerMicrobatch,
    formulas::kTokensNeeded,
    formulas::kKvNeeded,
    formulas::kStepTokens,
    formulas::kTokensFit,
    formulas::kSequencesFit,
    formulas::kImageTokens,
    formulas::kMilliseconds,
    formulas::kSeconds,
    formulas::kRunning,
    formulas::kAtLeastOne,
    formulas::kLongInput,
    formulas::kLongOutput,
    formulas::kUncached,
    formulas::kMeanContext,
    formulas::kChunks,
    formulas::kStaticTtft,
});

}  // namespace

std::span<const Formula> plan_formulas() { return kAll; }

}  // namespace gpusize
