#pragma once
// What one kernel or collective is asked to do, without knowing model or card: the words in which
// `ops` (models) and `hw` (cards) speak to each other.

#include <cstdint>

#include "gpusize/core/dtype.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

enum class KernelClass : std::uint8_t {
  kGemm,              ///< m x k times k x n
  kGroupedGemm,       ///< `groups` GEMMs that share m rows in all
  kDecodeAttention,   ///< few query tokens per sequence against its KV cache
  kPrefillAttention,  ///< many query tokens per sequence, causal
  kMemory,            ///< elementwise, norms, copies, gathers: bytes and launches
  kCollective,        ///< between GPUs
};

enum class CollectiveKind : std::uint8_t {
  kNone,
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kSendReceive
};

/// Shape of a (grouped) GEMM. For a grouped GEMM m counts the rows of all groups together and
/// `groups` the weight matrices that are touched.
struct GemmShape {
  double m = 0.0;
  double n = 0.0;
  double k = 0.0;
  double groups = 1.0;
};

/// Shape of an attention kernel on one GPU, over `sequences` equal sequences.
struct AttentionShape {
  double sequences = 0.0;
  double query_tokens = 1.0;    ///< new tokens per sequence
  double kv_tokens = 0.0;       ///< tokens attended to, averaged over the queries (causal)
  double kv_read_tokens = 0.0;  ///< tokens whose K and V are read once per sequence
  double query_heads = 0.0;
  double kv_heads = 0.0;
  double qk_dim = 0.0;
  double v_dim = 0.0;
  bool shared_kv = false;  ///< K and V are one stored vector (MLA latent, V4)
};

/// What kernels around experts work through when each is an operator of its own.
struct ExpertShape {
  double choices = 0.0;         ///< tokens x experts to choose from
  double copies = 0.0;          ///< copies of tokens that are sorted by expert
  double moved_elements = 0.0;  ///< of copies moved through an index, and of their sums
};

/// Message of a collective: bytes per rank as the formulas of hw/collective.hpp define them.
struct CollectiveShape {
  CollectiveKind kind = CollectiveKind::kNone;
  std::int64_t ranks = 1;
  Bytes message;
  bool across_nodes = false;
  /// Bytes of one rank that cross the network when it is fewer than of the links (an all-to-all
  /// whose copies for one node travel as one); 0: the same.
  Bytes network;
};

/// One kernel launch (repeated `count` times in the step).
struct KernelWork {
  KernelClass cls = KernelClass::kMemory;
  Dtype compute = Dtype::kBf16;  ///< format in which the multiply-adds run
  Dtype weight =
      Dtype::kBf16;  ///< format of the stored weights (dequantised on the way if narrower)
  GemmShape gemm;
  AttentionShape attention;
  CollectiveShape collective;
  ExpertShape experts;
  Flops flops;
  Bytes weight_bytes;
  Bytes activation_bytes;
  Bytes kv_bytes;
  Bytes comm_bytes;
  double launches = 1.0;      ///< kernels that one execution launches when ideally fused
  double row_elements = 0.0;  ///< length of the rows that are reduced (norms, quantisation)
  bool equal_groups = false;  ///< a grouped GEMM whose groups all have the same rows
  bool routes = false;        ///< chooses experts and sorts tokens by them
  bool quantises = false;     ///< turns activations into a narrower format before a GEMM
};

}  // namespace gpusize
