#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "gpusize/catalog/compat.hpp"
#include "gpusize/catalog/read_rows.hpp"
#include "gpusize/catalog/readers.hpp"

namespace gpusize {
namespace {

using Sources = std::map<std::string, Source>;

constexpr std::array<std::pair<std::string_view, Support>, 3> kSupports{
    {{"yes", Support::kYes}, {"no", Support::kNo}, {"unknown", Support::kUnknown}}};

Support read_support(MapReader& reader) {
  const std::string word = reader.required_text("support");
  for (const auto& [name, support] : kSupports) {
    if (name == word) return support;
  }
  if (!word.empty()) {
    reader.error("support", fmt::format("unknown support \"{}\"", word), reader.map(),
                 "yes, no or unknown");
  }
  return Support::kUnknown;
}

/// A version field; empty when it is missing.
std::string version(MapReader& reader, std::string_view key) {
  const std::string text = reader.text(key).value_or("");
  if (!text.empty() && !is_version(text)) {
    reader.error("version", fmt::format("\"{}\" is no version: \"{}\"", key, text),
                 reader.node(key), "digits and dots, quoted");
  }
  return text;
}

CompatRule read_rule(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "compatibility rule", "cat", out);
  CompatRule rule;
  rule.subject = reader.required_text("subject");
  rule.support = read_support(reader);
  rule.min = version(reader, "min");
  rule.max = version(reader, "max");
  rule.source = source_named(sources, reader);
  rule.confidence = read_confidence(reader);
  rule.note = reader.text("note").value_or("");
  reader.reject_unknown();
  return rule;
}

CompatFamily read_family(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "compatibility family", "cat", out);
  CompatFamily family;
  family.id = reader.required_text("id");
  family.architectures = reader.texts("architectures");
  family.capabilities = reader.texts("compute_capabilities");
  read_rows(reader.required("rules"), family.rules,
            [&](Node rule) { return read_rule(rule, sources, out); });
  reader.reject_unknown();
  return family;
}

CompatNeed read_need(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "compatibility need", "cat", out);
  CompatNeed need;
  need.when = reader.required_text("when");
  need.from = version(reader, "from");
  need.until = version(reader, "until");
  need.needs = reader.required_text("needs");
  need.min = version(reader, "min");
  need.source = source_named(sources, reader);
  need.confidence = read_confidence(reader);
  need.note = reader.text("note").value_or("");
  reader.reject_unknown();
  return need;
}

CurrentVersion read_current(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "current version", "cat", out);
  CurrentVersion current;
  current.subject = reader.required_text("subject");
  current.version = version(reader, "version");
  current.source = source_named(sources, reader);
  read_confidence(reader);
  reader.reject_unknown();
  return current;
}

}  // namespace

CompatTable read_compat(const Document& document, Diagnostics& out) {
  MapReader reader(document.root(), "compatibility table", "cat", out);
  CompatTable table;
  reader.text("schema");
  const Sources sources = read_sources(reader.required("sources"), out);
  read_rows(reader.node("families"), table.families,
            [&](Node node) { return read_family(node, sources, out); });
  read_rows(reader.node("needs"), table.needs,
            [&](Node node) { return read_need(node, sources, out); });
  read_rows(reader.node("current"), table.current,
            [&](Node node) { return read_current(node, sources, out); });
  reader.reject_unknown();
  return table;
}

std::string_view name_of(Support support) {
  return kSupports.at(static_cast<std::size_t>(support)).first;
}

}  // namespace gpusize
