#include "gpusize/plan/read_result.hpp"

#include <fmt/format.h>

#include "gpusize/catalog/embedded.hpp"
#include "gpusize/core/text.hpp"
#include "plan/schema_check.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

Json scalar(Node node) {
  if (node.is_quoted()) return std::string(node.text());
  if (const auto flag = node.boolean()) return *flag;
  const bool is_float = node.text().find_first_of(".eE") != std::string_view::npos;
  if (!is_float) {
    if (const auto whole = node.integer()) return *whole;
  }
  if (const auto number = node.number()) return *number;
  return std::string(node.text());
}

Diagnostic not_ours(Node root) {
  return make_error("result-not-ours", "this is not a result of gpusize", root.location(),
                    "a result is what a command writes with --format json");
}

/// The published schema of the command, or an absent document.
Document schema_of(std::string_view command) {
  const std::string path = fmt::format("schema/{}-1.schema.json", command);
  for (const EmbeddedFile& file : embedded_resources()) {
    if (file.path == path) return {std::string(file.path), file.nodes, file.pool};
  }
  return {};
}

}  // namespace

Json to_json(Node node) {
  if (node.is_null()) return nullptr;
  if (node.is_scalar()) return scalar(node);
  if (node.is_sequence()) {
    Json out = Json::array();
    for (const Node child : node) out.push_back(to_json(child));
    return out;
  }
  Json out = Json::object();
  for (const Node child : node) out[std::string(child.key())] = to_json(child);
  return out;
}

Result<ResultDocument> read_result(const Document& document) {
  const Node root = document.root();
  if (!root.is_map()) return not_ours(root);
  const Node tool = root.find("tool");
  const Node name = tool && tool.is_map() ? tool.find("name") : Node{};
  const Node command = root.find("command");
  if (!name || !name.is_scalar() || name.text() != "gpusize" || !command || !command.is_scalar())
    return not_ours(root);
  const Document schema = schema_of(command.text());
  if (!schema.empty()) {
    if (auto bad = check_schema(schema.root(), root)) return *bad;
  }
  return ResultDocument(to_json(root));
}

}  // namespace gpusize
