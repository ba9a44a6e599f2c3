#include "gpusize/core/formula.hpp"
#include "fuzz/harness.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gpusize;
  const auto lookup = [](std::string_view name) -> std::optional<double> {
    if (name.size() > 2) return {};
    return static_cast<double>(name.size());
  };
  const auto value = evaluate(fuzz::text_of(data, size), lookup);
  if (!value.ok()) fuzz::check_errors(value.errors());
  return 0;
}
