#pragma once
// Profiles of engines and frameworks keep their facts alike.

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gpusize/catalog/engine.hpp"
#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/document.hpp"

namespace gpusize {

/// The fact of this key, or null.
inline const EngineFact* find_fact(const std::vector<EngineFact>& facts, std::string_view key) {
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&](const EngineFact& fact) { return fact.key == key; });
  return found == facts.end() ? nullptr : &*found;
}

/// One `key: {value, source, kind, confidence, note}`; key and unit stay empty.
EngineFact read_profile_fact(Node node, const std::map<std::string, Source>& sources,
                             Diagnostics& out);

/// The facts of a profile by its table of fields {key, unit, set}; `owner` as in "a framework".
template <typename Profile, typename Field, std::size_t N>
void read_profile_facts(Node map, const std::map<std::string, Source>& sources,
                        const std::array<Field, N>& fields, std::string_view owner,
                        Profile& profile, Diagnostics& out) {
  if (!map || !map.is_map()) return;
  for (const Node node : map) {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& f) { return f.key == node.key(); });
    if (field == fields.end()) {
      out.push_back(make_error("cat-unknown-key",
                               fmt::format("{} has no number \"{}\"", owner, node.key()),
                               node.location()));
      continue;
    }
    EngineFact fact = read_profile_fact(node, sources, out);
    fact.key = field->key;
    fact.unit = field->unit;
    field->set(profile, fact.value);
    profile.facts.push_back(std::move(fact));
  }
}

}  // namespace gpusize
