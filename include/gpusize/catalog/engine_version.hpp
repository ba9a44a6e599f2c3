#pragma once
// Engines whose defaults changed from version to version have a profile for each range of versions.

#include <cstdint>
#include <optional>
#include <string_view>

#include "gpusize/catalog/catalog.hpp"

namespace gpusize {

/// Whether a version (`0.8.5`, `v0.12.0rc1`) comes before another of the form `0.21` or `0.5.4`, by
/// their first three numbers; false where either is none.
bool version_before(std::string_view version, std::string_view limit);

/// The profile of the engine that was asked for by its plain name, in the version or the year that
/// is stated: an older profile where either belongs to it, otherwise `named` itself.
const EngineProfile& engine_in_version(const Catalog& catalog, const EngineProfile& named,
                                       std::string_view version, std::optional<std::int64_t> year);

}  // namespace gpusize
