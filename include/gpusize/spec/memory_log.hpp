#pragma once
// What engines say about their memory: vLLM's start-up log and the text of
// `torch.cuda.memory_summary()`. Logs of one worker speak for all: of equal lines the first counts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

enum class MemoryItem : std::uint8_t {
  kTotal,          ///< of the card, as the driver states it
  kUsable,         ///< what the engine's fraction leaves of it
  kWeights,        ///< loaded model
  kActivations,    ///< peak of PyTorch's allocations while profiling, above the weights
  kNonTorch,       ///< outside PyTorch's allocator: driver context, communication
  kGraphs,         ///< CUDA graph pools
  kKvCache,        ///< the pool
  kAllocatedPeak,  ///< PyTorch: tensors, at their peak
  kAllocatedNow,   ///< PyTorch: tensors, at the time of the summary
  kReservedPeak,   ///< PyTorch: segments taken from the driver, at their peak
};
std::string_view name_of(MemoryItem item);

struct MemoryReading {
  MemoryItem item = MemoryItem::kWeights;
  Bytes bytes;
  int line = 0;
};

/// A log's numbers and the options that it repeats. Empty text and nothing: not stated.
struct MemoryLog {
  bool is_summary = false;  ///< of PyTorch, not an engine's log
  std::vector<MemoryReading> readings;
  std::optional<double> kv_tokens;  ///< tokens that the pool holds
  int kv_tokens_line = 0;
  std::string version, model, quantization, kv_cache_dtype;
  std::optional<std::int64_t> tp, pp;
  std::optional<double> memory_fraction;

  [[nodiscard]] const MemoryReading* find(MemoryItem item) const;
};

/// Reads either text. `memory-log-empty`: no line of it speaks of memory.
Result<MemoryLog> read_memory_log(const std::string& path);
Result<MemoryLog> parse_memory_log(const std::string& file, std::string_view text);

}  // namespace gpusize
