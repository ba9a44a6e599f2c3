#pragma once
// A tree as YAML text: block style, words quoted whenever a reader could take them for something
// else.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace gpusize {

using Tree = nlohmann::ordered_json;

/// The tree as one document. A key that begins with `#` is a comment above the next key: its value
/// is the text.
std::string yaml_text(const Tree& tree);
/// Several documents, separated by `---`.
std::string yaml_text(const std::vector<Tree>& documents);

}  // namespace gpusize
