#include "fleet/lever_quality.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/catalog/read_rows.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

using Sources = std::map<std::string, Source>;

QualityNote read_change(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "change", "lev", out);
  QualityNote note;
  note.id = reader.required_text("id");
  note.risk = reader.required_text("risk");
  note.loss_low_pct = reader.number("loss_low_pct", {0.0, 100.0});
  note.loss_high_pct = reader.number("loss_high_pct", {0.0, 100.0});
  note.text = reader.required_text("text");
  note.source = source_named(sources, reader);
  note.confidence = read_confidence(reader);
  reader.reject_unknown();
  return note;
}

AcceptanceNote read_acceptance(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "acceptance", "lev", out);
  AcceptanceNote note;
  note.architecture = reader.required_text("architecture");
  note.value = reader.required_number("value", {0.0, 1.0});
  note.text = reader.required_text("text");
  note.source = source_named(sources, reader);
  note.confidence = read_confidence(reader);
  reader.reject_unknown();
  return note;
}

SparseKernelNote read_sparse(Node node, Diagnostics& out) {
  MapReader reader(node, "sparse kernels", "lev", out);
  SparseKernelNote note{reader.required_number("tokens_low"), reader.required_number("tokens_high"),
                        reader.required_number("speedup_low"),
                        reader.required_number("speedup_high")};
  reader.reject_unknown();
  return note;
}

}  // namespace

const QualityNote& QualityData::of(std::string_view id) const {
  const auto found = std::find_if(changes.begin(), changes.end(),
                                  [&](const QualityNote& note) { return note.id == id; });
  GPUSIZE_CHECK(found != changes.end(), fmt::format("data/quality has {}", id));
  return *found;
}

Result<QualityData> read_quality(const Catalog& catalog) {
  QualityData data;
  Diagnostics out;
  const auto documents = catalog.documents("gpusize.quality/v1");
  for (auto at = documents.rbegin(); at != documents.rend(); ++at) {
    MapReader reader((*at)->root(), "quality data", "lev", out);
    reader.text("schema");
    const Sources sources = read_sources(reader.required("sources"), out);
    read_rows(reader.node("changes"), data.changes,
              [&](Node node) { return read_change(node, sources, out); });
    read_rows(reader.node("acceptance"), data.acceptance,
              [&](Node node) { return read_acceptance(node, sources, out); });
    read_rows(reader.node("sparse_kernels"), data.sparse_kernels,
              [&](Node node) { return read_sparse(node, out); });
    reader.reject_unknown();
  }
  if (has_errors(out)) return out;
  return data;
}

}  // namespace gpusize
