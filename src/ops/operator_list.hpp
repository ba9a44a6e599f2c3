#pragma once
// Short ways to append operators. Everything is inline: the planner builds millions of graphs.

#include <algorithm>
#include <vector>

#include "gpusize/ops/graph.hpp"

namespace gpusize {

inline constexpr double kActivationBytes = 2.0;  // 16-bit activations between kernels

/// Appends to one graph with a common count and part.
struct OperatorSink {
  std::vector<Operator>& out;
  double count = 1.0;
  OperatorPart part = OperatorPart::kMain;

  KernelWork& add(std::string_view name, KernelClass cls) const {
    Operator& op = out.emplace_back();
    op.name = name;
    op.count = count;
    op.part = part;
    op.work.cls = cls;
    return op.work;
  }

  /// m x k times k x n with the weights of `format`. 16-bit results; the input is what a
  /// quantisation kernel before it wrote, when the format has one.
  KernelWork& gemm(std::string_view name, double m, double n, double k,
                   const WeightFormat& format) const {
    KernelWork& work = add(name, KernelClass::kGemm);
    fill_gemm(work, m, n, k, 1.0, format);
    return work;
  }

  /// `groups` matrices of n x k that share m rows in all.
  KernelWork& grouped_gemm(std::string_view name, double m, double n, double k, double groups,
                           const WeightFormat& format) const {
    KernelWork& work = add(name, KernelClass::kGroupedGemm);
    fill_gemm(work, m, n, k, groups, format);
    return work;
  }

  /// Elementwise kernel: `read` and `written` 16-bit elements, rows of `row` elements reduced.
  KernelWork& elementwise(std::string_view name, double read, double written,
                          double row = 0.0) const {
    KernelWork& work = add(name, KernelClass::kMemory);
    work.activation_bytes = Bytes::from_base((read + written) * kActivationBytes);
    work.row_elements = row;
    return work;
  }

  /// Activations to the compute format of the next GEMM; nothing for 16-bit ones.
  void quantise(std::string_view name, double rows, double row, const WeightFormat& format) const {
    if (!format.quantises_activations()) return;
    KernelWork& work = add(name, KernelClass::kMemory);
    work.activation_bytes =
        Bytes::from_base(rows * row * (kActivationBytes + bytes_of(format.compute)));
    work.row_elements = row;
    work.compute = format.compute;  // a card without it does not quantise
    work.quantises = true;
  }

  /// A collective over `ranks` ranks; nothing for one. `node_ranks` of them share a node: rings
  /// pass its border with their whole message, and each of its ranks carries as large a share.
  void collective(std::string_view name, CollectiveKind kind, std::int64_t ranks,
                  double message_bytes, bool across_nodes, double node_ranks = 1.0) const {
    if (ranks <= 1 || message_bytes <= 0.0) return;
    KernelWork& work = add(name, KernelClass::kCollective);
    work.collective.kind = kind;
    work.collective.ranks = ranks;
    work.collective.message = Bytes::from_base(message_bytes);
    work.collective.across_nodes = across_nodes;
    work.comm_bytes =
        Bytes::from_base(message_bytes * wire_share(kind, static_cast<double>(ranks)));
    if (across_nodes && node_ranks > 1.0)
      work.collective.network = Bytes::from_base(work.comm_bytes.in(units::B) / node_ranks);
  }

 private:
  static void fill_gemm(KernelWork& work, double m, double n, double k, double groups,
                        const WeightFormat& format) {
    work.gemm = {m, n, k, groups};
    work.compute = format.compute;
    work.weight = format.storage;
    work.flops = Flops::from_base(2.0 * m * n * k);
    work.weight_bytes = Bytes::from_base(groups * n * k * format.bytes_per_element());
    const double input = std::min(kActivationBytes, bytes_of(format.compute));
    work.activation_bytes = Bytes::from_base(m * k * input + m * n * kActivationBytes);
  }

  /// Bytes on one rank's link per byte of message (ring algorithms).
  static double wire_share(CollectiveKind kind, double ranks) {
    const double share = (ranks - 1.0) / ranks;
    if (kind == CollectiveKind::kAllReduce) return 2.0 * share;
    return kind == CollectiveKind::kSendReceive ? 1.0 : share;
  }
};

}  // namespace gpusize
