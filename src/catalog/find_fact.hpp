#pragma once
// Profiles of engines and frameworks keep their facts alike.

#include <algorithm>
#include <string_view>
#include <vector>

#include "gpusize/catalog/engine.hpp"

namespace gpusize {

/// The fact of this key, or null.
inline const EngineFact* find_fact(const std::vector<EngineFact>& facts, std::string_view key) {
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&](const EngineFact& fact) { return fact.key == key; });
  return found == facts.end() ? nullptr : &*found;
}

}  // namespace gpusize
