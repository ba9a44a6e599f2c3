#include "fuzz/harness.hpp"
#include "gpusize/spec/bench_serve.hpp"
#include "gpusize/spec/memory_log.hpp"

/// The whole input as a benchmark's result and as a log.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gpusize;
  const std::string_view text = fuzz::text_of(data, size);
  const auto runs = parse_bench_serve("f", text);
  if (runs.ok()) {
    for (const BenchRun& run : *runs) {
      fuzz::expect(run.completed >= 1.0 && run.mean_ttft_ms > 0.0, "runs have requests and times");
      fuzz::expect(std::isfinite(run.input_tokens / run.completed), "lengths are finite");
      fuzz::expect(run.where.line > 0, "a run has a place");
    }
  } else {
    fuzz::check_errors(runs.errors());
  }
  const auto log = parse_memory_log("f", text);
  if (!log.ok()) {
    fuzz::check_errors(log.errors());
    return 0;
  }
  for (const MemoryReading& reading : log->readings) {
    fuzz::expect(reading.bytes >= Bytes{} && reading.bytes.in(units::B) <= 1e15, "bytes are sane");
    fuzz::expect(reading.line > 0, "a reading has a place");
  }
  fuzz::expect(!log->tp || *log->tp >= 1, "degrees are positive");
  return 0;
}
