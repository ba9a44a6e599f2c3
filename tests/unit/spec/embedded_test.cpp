#include "gpusize/catalog/embedded.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// Empty when equal, else the key or value that differs.
std::string difference(Node a, Node b) {
  const std::string at = a.location().str() + " " + std::string(a.key());
  if (a.kind() != b.kind() || a.key() != b.key() || a.text() != b.text() || a.size() != b.size())
    return at;
  if (a.is_quoted() != b.is_quoted() || a.number() != b.number()) return at;
  if (a.location().str() != b.location().str()) return at;
  auto other = b.begin();
  for (const Node child : a) {
    const std::string below = difference(child, *other);
    if (!below.empty()) return below;
    ++other;
  }
  return {};
}

TEST_CASE("the compiled-in data are what the files say") {
  namespace fs = std::filesystem;
  const std::string data = std::string(GPUSIZE_SOURCE_DIR) + "/data/";
  REQUIRE_FALSE(embedded_files().empty());
  std::vector<EmbeddedFile> trees(embedded_files().begin(), embedded_files().end());
  trees.insert(trees.end(), embedded_resources().begin(), embedded_resources().end());
  for (const EmbeddedFile& file : trees) {
    const std::string path = data + std::string(file.path);
    const auto read = read_document(path);
    INFO(path);
    REQUIRE(read.ok());
    const Document embedded(path, file.nodes, file.pool);
    CHECK(difference(embedded.root(), read->root()).empty());
  }
  const auto on_disk = std::count_if(fs::recursive_directory_iterator(data),
                                     fs::recursive_directory_iterator(), [](const auto& entry) {
                                       const auto extension = entry.path().extension();
                                       return extension == ".yaml" || extension == ".json";
                                     });
  CHECK(static_cast<std::size_t>(on_disk) == trees.size());
  for (const EmbeddedText& file : embedded_texts())
    CHECK(read_file(data + std::string(file.path)).value() == file.text);
}

TEST_CASE("compiled-in files are ordered by path") {
  const auto files = embedded_files();
  CHECK(std::is_sorted(files.begin(), files.end(),
                       [](const auto& a, const auto& b) { return a.path < b.path; }));
}

}  // namespace
}  // namespace gpusize
