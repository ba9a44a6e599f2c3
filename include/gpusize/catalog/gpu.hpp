#pragma once
// What a card is: typed figures for the estimator and, beside them, every fact with its source.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/dtype.hpp"
#include "gpusize/core/provenance.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// One stated fact of a card: the unit is in the key (`memory_bandwidth_gb_s`).
struct GpuFact {
  std::string key;
  std::string text;  ///< as written in the data file
  std::optional<double> number;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

/// How the cards of one node are joined.
enum class LinkTopology : std::uint8_t { kPcie, kSwitched, kMesh, kPairBridge, kCubeMesh };

struct MigProfile {
  std::string name;
  double memory_label_gb = 0.0;
  std::optional<double> memory_reported_gib;
  std::int64_t memory_eighths = 0;
  std::int64_t compute_slices = 0;
  std::optional<std::int64_t> compute_units;
  std::int64_t max_instances = 0;
  bool media_extensions = false;
  Source source;
  Confidence confidence = Confidence::kUnverified;
};

struct GpuSpec {
  std::string id;
  std::string name;
  std::string vendor;
  std::string architecture;
  std::string form_factor;
  std::string market;
  std::vector<std::string> aliases;
  std::string lifecycle_note;
  std::string slice_of;  ///< of a MIG instance or an equal share: the whole card's id
  std::int64_t slices_per_card = 1;
  std::vector<GpuFact> facts;  ///< all of them, in file order
  std::vector<MigProfile> mig_profiles;

  /// What a program can allocate (`cudaMemGetInfo`), else the driver's figure, which holds what the
  /// driver keeps besides, else the label (decimal GB) as a lower bound.
  Bytes memory;
  BytesPerSec memory_bandwidth;
  std::optional<Bytes> l2_cache;
  std::optional<double> compute_units;
  std::map<Dtype, FlopsPerSec> dense_peaks;
  std::optional<Watts> tdp;
  std::optional<Watts> idle;

  LinkTopology topology = LinkTopology::kPcie;
  BytesPerSec link_per_direction;  ///< to all peers of the domain together
  BytesPerSec peer_per_direction;  ///< to one peer (equal to the above when switched)
  BytesPerSec host_link;           ///< PCIe, per direction
  std::int64_t link_domain_gpus = 1;
  std::int64_t node_gpus = 8;
  std::optional<BytesPerSec> network_per_gpu;  ///< between nodes, per direction

  /// The fact under `key`, or null.
  [[nodiscard]] const GpuFact* fact(std::string_view key) const;
  /// The fact that `memory` was taken from, or null.
  [[nodiscard]] const GpuFact* memory_fact() const;
  /// Dense peak of a format, or nothing when the card does not compute in it.
  [[nodiscard]] std::optional<FlopsPerSec> peak(Dtype dtype) const;
  /// Weakest confidence of 16-bit peak, memory and bandwidth: what a ranking stands on.
  [[nodiscard]] Confidence core_confidence() const;
};

}  // namespace gpusize
