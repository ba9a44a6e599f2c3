#include <algorithm>
#include <chrono>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.hpp"

namespace gpusize::bench {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

ProcessRun run_process(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const auto start = std::chrono::steady_clock::now();
  pid_t pid = 0;
  ProcessRun run;
  if (posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
    run.exit_code = -1;
    return run;
  }
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  posix_spawn_file_actions_destroy(&actions);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  run.wall_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  run.cpu_ms = ms(usage.ru_utime) + ms(usage.ru_stime);
  run.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024.0;
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

void bench_process(int runs) {
  const std::vector<std::string> plan{GPUSIZE_BINARY, "plan",  "--model",
                                      "deepseek-7b",  "--qps", "500"};
  const std::vector<std::string> version{GPUSIZE_BINARY, "--version"};
  std::vector<double> wall;
  std::vector<double> cpu;
  std::vector<double> peak;
  std::vector<double> start;
  for (int i = 0; i < runs; ++i) {  // in turn, so that a drifting machine hits both
    const ProcessRun run = run_process(plan);
    wall.push_back(run.wall_ms);
    cpu.push_back(run.cpu_ms);
    peak.push_back(run.peak_mib);
    start.push_back(run_process(version).wall_ms);
  }
  fmt::print("plan deepseek-7b, 500 requests/s, whole catalog, cold process, median of {}:\n",
             runs);
  fmt::print("  wall {:.1f} ms (bare start {:.1f} ms)  cpu {:.1f} ms  peak memory {:.1f} MiB\n",
             median(wall), median(start), median(cpu), median(peak));
}

}  // namespace gpusize::bench
