#pragma once
// The part of JSON Schema (2020-12) that the published schemas use.

#include <optional>
#include <string>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/document.hpp"

namespace gpusize {

/// The first place where `value` is not what `schema` (the root of a schema document) says.
/// Understood: type, const, enum, required, properties, additionalProperties, items, $ref into
/// $defs, anyOf, oneOf, allOf, minimum, minItems; other words are left to full validators.
std::optional<Diagnostic> check_schema(Node schema, Node value);

}  // namespace gpusize
