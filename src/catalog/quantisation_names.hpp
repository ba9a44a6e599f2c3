#pragma once
// The module names under which quantisation recipes know a model's linear layers, by role.

#include <functional>
#include <string>

#include "gpusize/catalog/model.hpp"

namespace gpusize {

/// Calls `visit(role, module)` for the linear layers of the main model's layer `layer` (or of the
/// multi-token-prediction module when `mtp`).
void visit_modules(const ModelSpec& model, std::int64_t layer, bool mtp,
                   const std::function<void(TensorRole, const std::string&)>& visit);

}  // namespace gpusize
