#pragma once
// docs/formulas.md: every published formula, from the tables that the code and the tests use.

#include <string>

namespace gpusize {

/// The whole page as Markdown.
std::string formula_page();

}  // namespace gpusize
