#pragma once
// Conditions that only the notes of a row state: engine options quoted from a command line, and the
// pools of a disaggregated deployment.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gpusize::calibrate {

enum class NoteOption : std::uint8_t {
  kMemoryFraction,
  kMaxSequences,
  kMaxBatchedTokens,
  kKvCacheDtype
};

/// The value after an engine's option (`--max-num-seqs 256`, `max_num_seqs=256`), or nothing.
std::optional<std::string> option_in_notes(std::string_view notes, NoteOption option);
std::optional<double> number_in_notes(std::string_view notes, NoteOption option);

/// Tokens cached before a prefill (`pp512 at depth 32768`), or nothing.
std::optional<double> depth_in_notes(std::string_view notes);

/// Whether the notes call a stated batch the most that in-flight batching runs at once, rather than
/// a batch that starts and ends together.
bool batch_is_limit(std::string_view notes);

/// `prefill 2 workers tp1 dp8 ep8 bs1 (=16 GPUs)`: one pool as notes print it.
struct PoolNote {
  std::optional<std::int64_t> workers;
  std::int64_t tp = 0;
  std::int64_t dp = 0;
  std::int64_t ep = 0;
  std::int64_t gpus = 0;
};
/// The pool that `role` ("prefill", "decode") names, or nothing when the notes do not state it.
std::optional<PoolNote> pool_in_notes(std::string_view notes, std::string_view role);

}  // namespace gpusize::calibrate
