// Uses the library as a stranger would: units, the shipped data, a reader, a failure.

#include <cstdio>

#include "gpusize/catalog/embedded.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/spec/read_document.hpp"

int main() {
  using namespace gpusize;
  const Seconds sweep = (80.0 * units::GB) / (4.0 * units::TB_per_s);
  const auto good = read_yaml("text", "gpus: 8\n");
  const auto bad = read_yaml("text", "gpus: [8\n");
  std::printf("%.0f ms, %zu data files\n", sweep.in(units::ms), embedded_files().size());
  const bool ok = good.ok() && good->root().find("gpus").integer() == 8 && !bad.ok() &&
                  !embedded_files().empty();
  return ok ? 0 : 1;
}
