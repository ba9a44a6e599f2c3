#pragma once
// Catalog models and validation tables for tests.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "gpusize/catalog/model_config.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::test {

/// The shipped catalog's model, read once.
inline const ModelSpec& model(const std::string& id) {
  static std::map<std::string, ModelSpec> cache;
  const auto found = cache.find(id);
  if (found != cache.end()) return found->second;
  const std::string path = std::string(GPUSIZE_SOURCE_DIR) + "/data/models/" + id + ".yaml";
  const Result<Document> document = read_document(path);
  const Result<ModelSpec> spec = read_model(document.value());
  return cache.emplace(id, spec.value()).first->second;
}

/// Ids of all shipped models, sorted.
inline std::vector<std::string> model_ids() {
  std::vector<std::string> ids;
  const std::string folder = std::string(GPUSIZE_SOURCE_DIR) + "/data/models";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ids.push_back(entry.path().stem().string());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// A table with a header line, fields by column name. Quoted fields may hold commas.
inline std::vector<std::map<std::string, std::string>> table(const std::string& name) {
  std::ifstream file(std::string(GPUSIZE_SOURCE_DIR) + "/tests/validation/" + name);
  const auto fields_of = [](const std::string& line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        fields.emplace_back();
      else
        fields.back() += c;
    }
    return fields;
  };
  std::string line;
  std::getline(file, line);
  const auto header = fields_of(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(file, line)) {
    const auto fields = fields_of(line);
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < header.size() && i < fields.size(); ++i) row[header[i]] = fields[i];
  }
  return rows;
}

}  // namespace gpusize::test
