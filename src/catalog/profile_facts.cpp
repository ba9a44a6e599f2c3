#include "catalog/profile_facts.hpp"

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/map_reader.hpp"

namespace gpusize {
namespace {

NumberKind kind_from(const std::string& word) {
  if (word == "fact") return NumberKind::kFact;
  if (word == "measured") return NumberKind::kMeasured;
  if (word == "estimated") return NumberKind::kEstimated;
  return NumberKind::kAssumed;
}

}  // namespace

EngineFact read_profile_fact(Node node, const std::map<std::string, Source>& sources,
                             Diagnostics& out) {
  MapReader reader(node, fmt::format("fact \"{}\"", node.key()), "cat", out);
  EngineFact fact;
  fact.value = reader.required_number("value");
  fact.source = source_named(sources, reader);
  fact.kind = kind_from(reader.text("kind").value_or(""));
  fact.confidence = read_confidence(reader);
  fact.note = reader.text("note").value_or("");
  reader.reject_unknown();
  return fact;
}

}  // namespace gpusize
