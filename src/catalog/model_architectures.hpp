#pragma once
// Which builder reads which architecture, and which architectures none may read.

#include <string>
#include <string_view>
#include <vector>

#include "catalog/model_families.hpp"

namespace gpusize {

/// Chooses the builder by the language model's model_type or architecture and runs it. An
/// architecture that is not listed is read as a Llama only if nothing in its config speaks against
/// it, and says so; else `cat-model-unsupported`.
void build_model(FamilyContext& c, const std::vector<std::string>& architectures);

/// Whether a field says anything: not null, false, zero or an empty list.
bool is_set(Node node);

/// Names every config field that no builder asked for and that is not known to be without effect.
void list_unknown_fields(FamilyContext& c);

}  // namespace gpusize
