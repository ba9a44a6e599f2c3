#include <cstring>
#include <fstream>
#include <thread>

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
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  fmt::print("machine: {}\n", gpusize::bench::machine());
  gpusize::bench::bench_process(quick ? 3 : 21);
  gpusize::bench::bench_check(quick ? 1 : 9);
  gpusize::bench::bench_plan(quick ? 1 : 5);
  gpusize::bench::bench_pool(quick ? 1 : 3);
  gpusize::bench::bench_tco(quick ? 1 : 5);
  gpusize::bench::bench_train(quick ? 1 : 5);
  gpusize::bench::bench_serve(quick ? 50'000 : 1'000'000);
  return 0;
}
