#include "gpusize/spec/trace.hpp"
#include "fuzz/harness.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gpusize;
  // The whole input as a time stamp, and as a trace of its own format.
  const auto time = trace_time_s(fuzz::text_of(data, size));
  fuzz::expect(!time || std::isfinite(*time), "times are finite");
  auto reader = TraceReader::from_text(std::string(fuzz::text_of(data, size)), "f");
  if (!reader.ok()) return 0;
  TraceRecord record;
  double last = 0.0;
  while (reader->next(record)) {
    fuzz::expect(record.arrival_s >= last, "arrivals are in order");
    fuzz::expect(record.input >= 1 && record.output >= 1, "lengths are positive");
    last = record.arrival_s;
  }
  return 0;
}
