// Build tool: data files to one C++ source with the parsed trees as constant tables.
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

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string& data_dir = arguments[1];
  std::ofstream out(arguments[0]);
  out << "// Generated from the data files; do not edit.\n"
         "#include \"gpusize/catalog/embedded.hpp\"\n\nnamespace gpusize {\nnamespace {\n";
  std::string table;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    auto document = gpusize::read_document(data_dir + "/" + arguments[i]);
    if (!document.ok()) {
      for (const auto& d : document.errors()) std::fputs(gpusize::render(d).c_str(), stderr);
      return 1;
    }
    write_nodes(out, *document, i);
    write_pool(out, document->pool(), i);
    table += fmt::format("    {{\"{}\", kNodes{}, std::string_view(kPool{}, {})}},\n", arguments[i],
                         i, i, document->pool().size());
  }
  out << fmt::format(
      "constexpr EmbeddedFile kFiles[] = {{\n{}}};\n}}  // namespace\n\n"
      "std::span<const EmbeddedFile> embedded_files() {{ return kFiles; }}\n}}  // namespace "
      "gpusize\n",
      table);
  return out.good() ? 0 : 1;
}
