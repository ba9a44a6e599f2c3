#pragma once
// Small timing helpers: medians of repeated runs, and the machine they were taken on.

#include <cstdint>
#include <string>
#include <vector>

namespace gpusize::bench {

/// One run of a program as the operating system accounted for it.
struct ProcessRun {
  double wall_ms = 0.0;
  double cpu_ms = 0.0;
  double peak_mib = 0.0;
  int exit_code = 0;
};
ProcessRun run_process(const std::vector<std::string>& arguments);

double median(std::vector<double> values);

/// Processor name and core count.
std::string machine();

/// One `gpusize check` of 1,000 manifests: time and peak memory.
void bench_check(int runs);
/// The main job as a process, cold: `gpusize plan --model deepseek-7b --qps 500`.
void bench_process(int runs);
/// Layouts considered and evaluated per second, pruned beside exhaustive, in one run.
void bench_plan(int runs);
/// Pools of 12 and 200 models: time, whether solved exactly, gap.
void bench_pool(int runs);
/// Cost documents of a plan's options, and the simulation.
void bench_tco(int runs);
/// GPT-3 175B on 64 GPUs: every training layout.
void bench_train(int runs);
/// Requests of a 7B conversation on forty replicas: time, time per request, memory.
void bench_serve(int requests);

}  // namespace gpusize::bench
