#pragma once
// `--set name=value` on a model document, before it is read.

#include <vector>

#include "gpusize/catalog/model_config.hpp"

namespace gpusize {

/// A copy of the document with the fields replaced, in the language model's map (`name`) or a
/// nested one (`vision_config.depth`), which must be there already. Lists and maps cannot be set.
Result<Document> apply_overrides(const Document& document,
                                 const std::vector<ConfigOverride>& overrides);

}  // namespace gpusize
