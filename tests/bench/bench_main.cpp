#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench.hpp"

namespace gpusize::bench {

std::string machine() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  std::string name = "unknown processor";
  while (std::getline(cpuinfo, line)) {
    if (line.rfind("model name", 0) == 0) {
      name = line.substr(line.find(':') + 2);
      break;
    }
  }
  return fmt::format("{}, {} cores", name, std::thread::hardware_concurrency());
}

}  // namespace gpusize::bench

int main(int argc, char** argv) {
  using namespace gpusize::bench;
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const bool quick = std::find(words.begin(), words.end(), "--quick") != words.end();
  const bool all = words.size() == (quick ? 1U : 0U);
  struct Bench {
    std::string_view name;
    void (*run)(int);
    int runs;
    int quick_runs;
  };
  // Serving first: peak memory is the whole process's.
  constexpr std::array<Bench, 7> kAll{{
      {"serve", bench_serve, 1'000'000, 50'000},
      {"process", bench_process, 21, 3},
      {"check", bench_check, 9, 1},
      {"plan", bench_plan, 5, 1},
      {"pool", bench_pool, 3, 1},
      {"tco", bench_tco, 5, 1},
      {"train", bench_train, 5, 1},
  }};
  fmt::print("machine: {}\n", machine());
  for (const Bench& b : kAll) {
    if (all || std::find(words.begin(), words.end(), b.name) != words.end())
      b.run(quick ? b.quick_runs : b.runs);
  }
  return 0;
}
