#pragma once
// The result document of `mig`: every partition of a card, or the packing that holds given models.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// What a user asks of `mig`.
struct MigRequest {
  std::string gpu;
  std::vector<std::string> models;  ///< empty: list the partitions
  std::string weights = "native";
  std::string kv = "auto";
  std::string engine = "auto";
  std::int64_t batch = 1;       ///< sequences that each instance must hold
  std::int64_t context = 2048;  ///< tokens of each
  std::string profile;          ///< only partitions with this profile; empty: all
};

using MigModels = std::vector<std::shared_ptr<const ModelSpec>>;  ///< as in the request

/// Exit code 1 when a model fits no instance (`status` infeasible). `mig-none` for a card without
/// MIG, `mig-unknown-profile`, `est-...` for formats and engines.
Result<ResultDocument> mig_document(const Catalog& catalog, const MigRequest& request,
                                    const MigModels& models);

/// The request behind a document, from its `inputs`.
Result<MigRequest> read_mig_request(Node inputs);

}  // namespace gpusize
