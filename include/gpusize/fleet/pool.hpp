#pragma once
// What a user asks of `pool`: the models, the cards and what binds them, from POOL.yaml.

#include <cstdint>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/request.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// A card of the pool.
struct PoolCard {
  std::string name;  ///< as written
  const GpuSpec* gpu = nullptr;
  std::int64_t owned = 0;
  std::int64_t most = -1;            ///< cards in all; -1: no limit
  double owned_usd_per_month = 0.0;  ///< what keeping an owned card in use costs
  std::int64_t spare = 0;            ///< idle cards, when any is in use
  std::vector<std::string> slices;   ///< `mig`, instance sizes, `mps:N` and its kin
  Location where;

  /// Whether the pool may use this slice, by the name behind the card's (`1g.10gb`).
  [[nodiscard]] bool allows(std::string_view slice) const;
};

/// A model of the pool with its traffic, targets and priority.
struct PoolModel {
  std::string name;            ///< unique
  PlanRequest request;         ///< at the peak hour
  std::vector<double> hourly;  ///< share of the peak rate per hour of the day; empty: always 1
  double priority = 0.0;       ///< higher ones are placed first when not all fit
  std::int64_t min_replicas = 1;
  bool spread = false;  ///< every replica on another node
  Location where;
};

struct PoolSpec {
  std::string title;
  std::string price_basis = "on-demand";
  std::string price_tier;
  std::string region = "USA";
  double years = 3.0;
  std::vector<PoolCard> cards;
  std::vector<PoolModel> models;
  std::vector<std::vector<std::string>> apart;  ///< names that share no node

  [[nodiscard]] std::size_t hours() const;
};

/// Reads POOL.yaml, or the `inputs` of a document. Every problem with its place: `pool-...`, and
/// `cat-...` for cards and workloads that are unknown.
Result<PoolSpec> read_pool(const Catalog& catalog, Node root);

/// The pool as `inputs` that read_pool() takes.
void write_pool(ObjectWriter out, const PoolSpec& pool);

}  // namespace gpusize
