// Prints docs/formulas.md.

#include <iostream>

#include "gpusize/report/formula_page.hpp"

int main() {
  std::cout << gpusize::formula_page();
  return 0;
}
