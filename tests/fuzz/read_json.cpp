#include "fuzz/harness.hpp"
#include "gpusize/spec/read_document.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gpusize;
  fuzz::check(read_json("f", fuzz::text_of(data, size), {.nodes = 10'000, .depth = 64}));
  return 0;
}
