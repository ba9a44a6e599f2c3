#pragma once
// What the files of a training run say: Megatron arguments, DeepSpeed and accelerate configs,
// Hugging Face TrainingArguments, PEFT adapters. Every value keeps its place; what matters but is
// not sized is listed. Nothing is executed and nothing resolved against the catalog.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {

/// What a file can settle. Words are those of `gpusize train`.
enum class TrainKey : std::uint8_t {
  kFramework,
  kModel,
  kMethod,
  kWide,    ///< 16-bit format: bf16, fp16; fp32: none
  kNarrow,  ///< format of the linear layers' products: fp8, mxfp8, nvfp4, fp8-block
  kPrecision,
  kOptimizer,
  kMoments,  ///< format of the optimizer's first moment; of both once settled
  kSecondMoments,
  kActivationCache,  ///< fp8, 16bit
  kRecompute,
  kRecomputeParts,  ///< separated by spaces
  kAttention,
  kSequenceParallel,  ///< yes, no
  kOffload,           ///< yes
  kMtp,               ///< yes
  kLoraRank,
  kTp,
  kPp,
  kCp,
  kEp,
  kEtp,
  kChunks,       ///< model chunks per stage
  kChunkLayers,  ///< layers of one chunk
  kMicroBatch,
  kGlobalBatch,
  kAccumulation,  ///< passes per step and rank
  kSequence,
  kZero,
  kShardGroup,  ///< ranks; `node`: those of one node
  kGpus,
  kNodes,
  kGpusPerNode,
  kSteps,
  kSamples,
  kEpochs,  ///< times that the data set is gone through
  kTokens,
};

struct TrainSetting {
  std::string value;    ///< counts as plain digits
  double number = 0.0;  ///< of counts
  Location where;
  std::string written;   ///< the key or option as the file has it
  bool implied = false;  ///< not stated: what the program does then
};

/// Something in the files that changes the run and is not sized.
struct TrainGap {
  std::string what;
  std::string reason;
  Location where;
};

struct TrainingFile {
  std::string path;
  std::string format;  ///< `Megatron arguments`, `DeepSpeed JSON`, ...
};

/// All files of one run, put together.
struct TrainingSpec {
  std::map<TrainKey, TrainSetting> settings;
  std::map<std::string, TrainSetting, std::less<>> sizes;  ///< of the model, Megatron's names
  std::vector<TrainGap> not_assessed;
  std::vector<TrainingFile> files;

  /// Nothing stated or implied: null.
  [[nodiscard]] const TrainSetting* find(TrainKey key) const;
};

struct TrainingInput {
  std::string path;
  std::string text;
};

/// Reads texts; the format of each is told by what it says. Later ones add to former ones;
/// statements that differ are `train-conflict`. Files that they name (DeepSpeed's JSON in
/// TrainingArguments) are not followed.
Result<TrainingSpec> read_training_texts(const std::vector<TrainingInput>& inputs,
                                         const ReadLimits& limits = {});

/// The same from files; those that they name are read too when they exist.
Result<TrainingSpec> read_training_files(const std::vector<std::string>& paths,
                                         const ReadLimits& limits = {});

/// Whether the files state the model's sizes (Megatron's arguments).
bool states_model(const TrainingSpec& spec);
/// These sizes as a config.json of the nearest family. Fails where one is missing that nothing else
/// gives.
Result<Document> stated_model(const TrainingSpec& spec);

}  // namespace gpusize
