// Build tool: data files to one C++ source: YAML and JSON as parsed trees, everything else as text,
// all of it constant tables.
// Usage: gpusize_embed OUT.cpp DATA_DIR FILE...   (files relative to DATA_DIR)

#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gpusize/spec/read_document.hpp"

namespace {

using gpusize::DocNode;
using gpusize::Document;

std::string literal(double value) { return fmt::format("{:a}", value); }

void write_nodes(std::ofstream& out, const Document& document, std::size_t index) {
  out << fmt::format("constexpr DocNode kNodes{}[] = {{\n", index);
  for (const DocNode& n : document.nodes()) {
    out << fmt::format("{{{},{},{},{},{},{},{},{},{},NodeKind({}),{:d},{:d},{}}},\n", n.key_offset,
                       n.key_size, n.text_offset, n.text_size, n.first_child, n.next, n.count,
                       n.line, n.column, static_cast<int>(n.kind), n.quoted, n.is_number,
                       literal(n.number));
  }
  out << "};\n";
}

void write_pool(std::ofstream& out, std::string_view pool, std::size_t index) {
  // An array, not one literal: compilers limit the length of a string literal.
  out << fmt::format("constexpr char kPool{}[] = {{", index);
  for (std::size_t i = 0; i < pool.size(); ++i) {
    out << fmt::format("{}{},", i % 32 == 0 ? "\n" : "",
                       static_cast<int>(static_cast<signed char>(pool[i])));
  }
  out << "0};\n";
}

/// The tables of the generated source, one row text per file.
struct Tables {
  std::string catalog;    ///< trees that the catalog reads
  std::string resources;  ///< trees for reports: words and schemas
  std::string texts;      ///< style sheets and scripts
};

bool is_tree(const std::string& path) { return path.ends_with(".yaml") || path.ends_with(".json"); }

bool add_tree(std::ofstream& out, const std::string& folder, const std::string& path,
              std::size_t index, Tables& tables) {
  auto document = gpusize::read_document(folder + "/" + path);
  if (!document.ok()) {
    for (const auto& d : document.errors()) std::fputs(gpusize::render(d).c_str(), stderr);
    return false;
  }
  write_nodes(out, *document, index);
  write_pool(out, document->pool(), index);
  const bool is_resource = path.starts_with("words/") || path.starts_with("schema/");
  (is_resource ? tables.resources : tables.catalog) +=
      fmt::format("    {{\"{}\", kNodes{}, std::string_view(kPool{}, {})}},\n", path, index, index,
                  document->pool().size());
  return true;
}

bool add_text(std::ofstream& out, const std::string& folder, const std::string& path,
              std::size_t index, Tables& tables) {
  const auto text = gpusize::read_file(folder + "/" + path);
  if (!text.ok()) {
    for (const auto& d : text.errors()) std::fputs(gpusize::render(d).c_str(), stderr);
    return false;
  }
  write_pool(out, *text, index);
  tables.texts +=
      fmt::format("    {{\"{}\", std::string_view(kPool{}, {})}},\n", path, index, text->size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string& data_dir = arguments[1];
  std::ofstream out(arguments[0]);
  out << "// Generated from the data files; do not edit.\n"
         "#include \"gpusize/catalog/embedded.hpp\"\n\nnamespace gpusize {\nnamespace {\n";
  Tables tables;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const auto add = is_tree(arguments[i]) ? add_tree : add_text;
    if (!add(out, data_dir, arguments[i], i, tables)) return 1;
  }
  out << fmt::format(
      "constexpr EmbeddedFile kFiles[] = {{\n{}}};\nconstexpr EmbeddedFile kResources[] = "
      "{{\n{}}};\nconstexpr EmbeddedText kTexts[] = {{\n{}}};\n}}  // namespace\n\n"
      "std::span<const EmbeddedFile> embedded_files() {{ return kFiles; }}\n"
      "std::span<const EmbeddedFile> embedded_resources() {{ return kResources; }}\n"
      "std::span<const EmbeddedText> embedded_texts() {{ return kTexts; }}\n}}  // namespace "
      "gpusize\n",
      tables.catalog, tables.resources, tables.texts);
  return out.good() ? 0 : 1;
}
