#include "gpusize/core/parallel.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("every index once, with any number of threads") {
  for (const int jobs : {-1, 0, 1, 2, 7, 100}) {
    for (const std::size_t count : {0U, 1U, 5U, 1000U}) {
      std::vector<int> calls(count, 0);
      for_each_index(count, jobs, [&](std::size_t i) { ++calls[i]; });
      CHECK(calls == std::vector<int>(count, 1));
    }
  }
}

}  // namespace
}  // namespace gpusize
