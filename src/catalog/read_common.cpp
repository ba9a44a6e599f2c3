#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/date.hpp"

namespace gpusize {
std::map<std::string, Source> read_sources(Node map, Diagnostics& out) {
  std::map<std::string, Source> sources;
  if (!map) return sources;
  MapReader all(map, "sources", "cat", out);
  if (!map.is_map()) return sources;
  for (const Node entry : map) {
    MapReader reader(entry, fmt::format("source \"{}\"", entry.key()), "cat", out);
    Source source{reader.required_text("title"), reader.text("ref").value_or(""),
                  reader.required_text("as_of")};
    reader.text("note");
    reader.reject_unknown();
    if (!is_iso_date(source.as_of)) {
      reader.error("date",
                   fmt::format("as_of must be a date like 2026-08-24, found \"{}\"", source.as_of),
                   entry);
    }
    sources.emplace(entry.key(), std::move(source));
  }
  return sources;
}

Source source_named(const std::map<std::string, Source>& sources, MapReader& reader) {
  const std::string key = reader.required_text("source");
  const auto found = sources.find(key);
  if (found != sources.end()) return found->second;
  if (!key.empty()) {
    reader.error("undeclared-source",
                 fmt::format("the source \"{}\" is not declared under sources", key), reader.map());
  }
  return {};
}

Confidence read_confidence(MapReader& reader) {
  const std::string word = reader.required_text("confidence");
  const auto confidence = confidence_from(word);
  if (!confidence && !word.empty()) {
    reader.error("confidence", fmt::format("unknown confidence \"{}\"", word), reader.map(),
                 "one of: verified, read, derived, disputed, unverified, low-trust");
  }
  return confidence.value_or(Confidence::kUnverified);
}

}  // namespace gpusize
