#pragma once
// Time of one attention call by the library whose kernel ran (data/attention). Thread blocks hold
// whole tiles of queries and walk the keys in whole tiles, so short prompts and narrow windows pay
// for rows and keys that are masked; the formulas are hw.library.* of docs/formulas.md.
// Time never falls with sequences, tokens, keys or the window. Tested: unit/hw/attention_test.cpp;
// validation against published timings.

#include "gpusize/catalog/attention_library.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize {

/// One call as an engine makes it.
struct AttentionCall {
  bool decode = false;  ///< one new token of each sequence, over its cache
  bool latent = false;  ///< MLA: heads share one stored vector (DeepSeek-V2: 512 and 64 rotary)
  double sequences = 1.0;
  double query_heads = 1.0;
  double kv_heads = 1.0;
  double head_dim = 128.0;
  double new_tokens = 1.0;  ///< of each sequence, the last ones of
  double keys = 1.0;        ///< its tokens in the cache
  double window = 0.0;      ///< keys that a query sees at most; 0: all
  bool narrow_queries = false;
  bool narrow_cache = false;  ///< eight bits
};

class AttentionClock {
 public:
  /// Keeps references. `l2_gb_s_per_unit`: what one SM reads from L2 of a cache that fits into it,
  /// as lists time one call again and again (hw/cached_reads.hpp); 0: all comes from memory.
  AttentionClock(const Device& device, const AttentionShared& shared, double l2_gb_s_per_unit = 0.0)
      : device_(&device), shared_(&shared), l2_gb_s_per_unit_(l2_gb_s_per_unit) {}

  [[nodiscard]] Seconds time(const AttentionLibrary& library, const AttentionCall& call) const;

 private:
  [[nodiscard]] double card_time(const AttentionLibrary& library, const AttentionCall& call) const;
  [[nodiscard]] double decode(const AttentionLibrary& library, const AttentionCall& call) const;
  [[nodiscard]] double latent_decode(const AttentionLibrary& library,
                                     const AttentionCall& call) const;

  const Device* device_;
  const AttentionShared* shared_;
  double l2_gb_s_per_unit_;
};

}  // namespace gpusize
