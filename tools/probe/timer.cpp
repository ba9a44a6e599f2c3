#include "timer.hpp"

#include <algorithm>

namespace gpusize::probe {
namespace {

constexpr std::size_t kMostCalls = 600;
constexpr std::size_t kGlanceCalls = 8;

std::size_t calls_for(double window_us, double call_us, std::size_t slots) {
  const auto wanted = static_cast<std::size_t>(window_us / std::max(call_us, 0.5));
  return std::clamp(wanted, std::size_t{2}, std::max(kMostCalls, slots));
}

// A graph that destroys itself.
class Exec {
 public:
  explicit Exec(cudaGraphExec_t exec) : exec_(exec) {}
  Exec(const Exec&) = delete;
  Exec& operator=(const Exec&) = delete;
  ~Exec() { static_cast<void>(cudaGraphExecDestroy(exec_)); }
  void launch(cudaStream_t stream) const { check(cudaGraphLaunch(exec_, stream), "graph launch"); }

 private:
  cudaGraphExec_t exec_;
};

}  // namespace

Timing summary(std::vector<double> us) {
  std::sort(us.begin(), us.end());
  Timing out;
  out.us = us[us.size() / 2];
  out.spread_pct = 100 * (us.back() - us.front()) / out.us;
  out.repeats = static_cast<int>(us.size());
  return out;
}

Timer::Timer(const Nvml& nvml, bool quick)
    : nvml_(nvml),
      repeats_(quick ? 5 : 11),
      window_us_(quick ? 1500 : 3000),
      warm_us_(quick ? 10e3 : 40e3) {
  check(cudaStreamCreate(&stream_), "cudaStreamCreate");
  check(cudaEventCreate(&begin_), "cudaEventCreate");
  check(cudaEventCreate(&end_), "cudaEventCreate");
}

Timer::~Timer() {
  static_cast<void>(cudaEventDestroy(begin_));
  static_cast<void>(cudaEventDestroy(end_));
  static_cast<void>(cudaStreamDestroy(stream_));
}

double Timer::elapsed_us(const std::function<void()>& work) {
  float ms = 0;
  check(cudaEventRecord(begin_, stream_), "cudaEventRecord");
  work();
  check(cudaEventRecord(end_, stream_), "cudaEventRecord");
  check(cudaEventSynchronize(end_), "timed work");
  check(cudaEventElapsedTime(&ms, begin_, end_), "cudaEventElapsedTime");
  return 1e3 * static_cast<double>(ms);
}

cudaGraphExec_t Timer::captured(const Launch& launch, std::size_t slots, std::size_t calls) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "begin capture");
  for (std::size_t i = 0; i < calls; ++i) launch(stream_, i % slots);
  check(cudaStreamEndCapture(stream_, &graph), "end capture");
  check(cudaGraphInstantiate(&exec, graph, 0), "cudaGraphInstantiate");
  check(cudaGraphDestroy(graph), "cudaGraphDestroy");
  return exec;
}

double Timer::glance_us(const Launch& launch, std::size_t slots) {
  launch(stream_, 0);  // what the library loads on a first call stays out of the graph
  check(cudaStreamSynchronize(stream_), "first call");
  const std::size_t calls = std::min(std::max(slots, std::size_t{2}), kGlanceCalls);
  const Exec exec(captured(launch, slots, calls));
  const auto replay = [&] { exec.launch(stream_); };
  static_cast<void>(elapsed_us(replay));
  double best = elapsed_us(replay);
  for (int i = 0; i < 2; ++i) best = std::min(best, elapsed_us(replay));
  return best / static_cast<double>(calls);
}

Timing Timer::repeated(const std::function<void()>& work, std::size_t calls) {
  // Long enough to settle at the clock that this load leaves within the power limit.
  for (double us = elapsed_us(work); us < warm_us_;) us += elapsed_us(work);
  std::vector<double> us;
  for (int i = 0; i < repeats_; ++i) us.push_back(elapsed_us(work) / static_cast<double>(calls));
  Timing out = summary(us);
  work();  // once more, to read the clock under load
  out.sm_mhz = nvml_.sm_mhz();
  check(cudaStreamSynchronize(stream_), "timed work");
  return out;
}

Timing Timer::graph(const Launch& launch, std::size_t slots) {
  const std::size_t calls = calls_for(window_us_, glance_us(launch, slots), slots);
  const Exec exec(captured(launch, slots, calls));
  return repeated([&] { exec.launch(stream_); }, calls);
}

Timing Timer::eager(const Launch& launch, std::size_t slots) {
  const auto once = [&] { launch(stream_, 0); };
  once();
  const std::size_t calls = calls_for(window_us_, elapsed_us(once), slots);
  return repeated(
      [&] {
        for (std::size_t i = 0; i < calls; ++i) launch(stream_, i % slots);
      },
      calls);
}

}  // namespace gpusize::probe
