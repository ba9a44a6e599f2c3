#pragma once
// Independent pieces of work on several threads.

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace gpusize {

/// Calls `work(i)` once for each i below `count`, on `jobs` threads with the caller's among them.
/// Which thread takes which index is left open, so results go to places of their own.
template <class Work>
void for_each_index(std::size_t count, int jobs, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < count && static_cast<int>(i) < jobs; ++i) helpers.emplace_back(run);
  run();
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace gpusize
