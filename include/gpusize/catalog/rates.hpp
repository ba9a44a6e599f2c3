#pragma once
// What share of a card's datasheet figures kernels reach: few physical parameters per architecture,
// fitted on measurements. Times are the datasheet figure times these; see docs/formulas.md (hw.*).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/core/dtype.hpp"
#include "gpusize/core/provenance.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// GEMM rates of one arithmetic format.
struct GemmDtypeRates {
  double memory_fraction = 0.8;  ///< of datasheet bandwidth, at best
  double flop_fraction = 0.7;    ///< of the dense peak, at best, before throttling
  double fill_depth = 200.0;     ///< prologue and epilogue as extra k
  double scaled_fraction = 1.0;  ///< further factor when operands carry block or row scales
};

struct GemmRates {
  Seconds launch;                     ///< shortest GEMM
  Seconds per_depth_byte;             ///< one tile's serial walk along k, per operand byte
  double depth_saturation = 24000.0;  ///< k at which split-K has halved that walk
  double blend = 6.0;                 ///< exponent of the p-norm that joins memory and compute time
  double tile_fraction = 0.15;        ///< mean loss of the last wave, in 128 x 128 tiles per unit
  double throttle = 0.0;              ///< extra time of long GEMMs at the power limit
  Seconds throttle_time;              ///< ideal duration at which half of it is felt
  double widened_fraction =
      1.0;            ///< further factor on bandwidth when 4-bit weights are widened on the way
  double duty = 1.0;  ///< throttling inside a step against back-to-back GEMMs
  double reference_unit_tflops = 0.0;  ///< 16-bit peak per SM of the fitted card; 0: no scaling
  double reference_gflops_per_watt =
      0.0;  ///< 16-bit peak per watt of the fitted card; 0: no scaling
  std::map<Dtype, GemmDtypeRates> by_dtype;
};

/// Grouped GEMM (experts): one launch, padding of each group's rows.
struct GroupedGemmRates {
  Seconds launch;
  double memory_fraction = 0.85;
  double flop_fraction = 0.9;
  double pad_rows = 32.0;  ///< rows lost per group
  double blend = 10.0;
  double fill_depth = 300.0;
  double throttle = 0.0;
};

/// Eight-bit GEMM with one scale a row and one a column (PyTorch's scaled product): one tile size,
/// no split of k, so that few rows cost as much as a whole tile and whole waves of tiles count.
struct RowScaledGemmRates {
  double flop_fraction = 0.7;       ///< sums kept in full
  double fast_flop_fraction = 0.8;  ///< sums kept in fewer bits
  double throttle = 0.0;
};

/// Experts as PyTorch's operators one by one: choice, sort, gather, grouped GEMM, scatter, weighted
/// sum. Fractions, prologue and throttling of the GEMM are those of `grouped_gemm`.
struct UnfusedExpertRates {
  Seconds launch;          ///< of the grouped GEMM, with the kernel that lays out its groups
  double pad_rows = 64.0;  ///< rows lost per group
  Seconds per_depth;       ///< one SM's walk along k, per element: it cannot stream faster
  Seconds sort;            ///< of many token copies by expert
  Seconds per_choice;      ///< of one SM: one expert's score of one token
  Seconds per_element;     ///< of one SM: one element that is moved through an index
};

struct PrefillAttentionRates {
  Seconds launch;
  double flop_fraction = 0.6;
  double extra_context = 200.0;  ///< tokens of set-up per query
  double extra_dim = 0.0;        ///< softmax work per pair as extra head dimension
  double memory_passes = 0.0;    ///< reads and writes of Q, K, V and output together
  Seconds per_kv_token;          ///< serial walk along the keys
  /// How many times as many exponentials a cycle one SM takes as one of the cards that the rates
  /// and those of libraries were fitted on.
  double exponentials = 1.0;
};

struct DecodeAttentionRates {
  Seconds launch;
  double memory_fraction = 0.8;
  double flop_fraction = 0.5;  ///< when the group of query heads makes it compute-bound (MLA)
  Seconds latency;             ///< times the square root of the KV length: split and reduction
  Seconds per_block;           ///< of one SM: set-up and drain per sequence and kv head
};

/// Flash decoding without split-KV once blocks fill the card (PyTorch's FlashAttention-2): each SM
/// walks its own keys, so the card's bandwidth is out of reach.
struct UnsplitDecodeRates {
  Seconds launch;
  double memory_fraction = 0.85;
  Seconds latency;          ///< times the square root of the KV length
  Seconds per_block;        ///< of one SM: set-up and drain per sequence and kv head
  Seconds per_block_token;  ///< of one SM: one token of 128 dimensions
};

struct MemoryRates {
  Seconds launch;
  double memory_fraction = 0.85;
  double l2_fraction = 0.3;  ///< share of L2 within which operands of a chain stay resident
  Seconds per_row_element;   ///< serial part of a row reduction
};

/// One collective algorithm: latency, then a square-root ramp, then the link.
struct CollectiveAlgorithm {
  Seconds launch;               ///< two ranks
  Seconds per_rank;             ///< each further rank
  double link_fraction = 0.75;  ///< of the one-direction link bandwidth
  double switch_gain = 1.0;     ///< in-switch reduction, more than four ranks
  Seconds ramp;  ///< times the square root of the wire bytes; one_shot: of four ranks
};

struct CollectiveRates {
  CollectiveAlgorithm all_reduce;  ///< NCCL
  /// The engines' own small all-reduce, inside a node; none: they call NCCL, as over host links.
  std::optional<CollectiveAlgorithm> one_shot;
  CollectiveAlgorithm other;  ///< all-gather, reduce-scatter, all-to-all, send
  /// Of `other`'s launch in an all-to-all, whose pairs all talk at once: no step per rank.
  double all_to_all_launch = 1.0;
  Seconds network_launch;  ///< across nodes
  double network_fraction = 0.85;
};

/// How well a group of parameters is known: the rows it was fitted on and what is left over.
struct FitNote {
  std::string group;  ///< gemm, prefill_attention, ...
  std::string rows;   ///< which measurements
  std::int64_t n = 0;
  double median_ape_pct = 0.0;
  double p90_ape_pct = 0.0;
  double bias_pct = 0.0;
};

struct KernelRates {
  std::string id;      ///< architecture, or `generic`
  std::string origin;  ///< measured | transferred: whether cards of this architecture were measured
  /// Architecture whose rows in tables of libraries (data/kernels, data/attention) hold: the one
  /// whose tensor cores are programmed in the same way. Itself, unless its file names another.
  std::string kernels_of;
  std::vector<std::string> measured_gpus;
  GemmRates gemm;
  std::optional<RowScaledGemmRates> row_scaled;  ///< where it was measured
  GroupedGemmRates grouped;
  std::optional<UnfusedExpertRates> unfused_experts;  ///< where it was measured
  PrefillAttentionRates prefill;
  DecodeAttentionRates decode;                       ///< separate K and V per head
  std::optional<UnsplitDecodeRates> unsplit_decode;  ///< where it was measured
  DecodeAttentionRates latent_decode;                ///< one shared latent for many heads (MLA, V4)
  MemoryRates memory;
  CollectiveRates collective;
  std::vector<FitNote> fits;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  double band_low = -0.2;  ///< 90 % band of one kernel's time, relative
  double band_high = 0.2;
};

}  // namespace gpusize
