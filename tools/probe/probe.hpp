#pragma once
// What every operator's measurement gets, and the list of them.
#include <algorithm>
#include <cstddef>
#include <string>

#include "row.hpp"
#include "timer.hpp"

namespace gpusize::probe {

struct Device {
  int index = 0;
  int count = 1;
  int sms = 0;
  int major = 0;
  int minor = 0;
  std::size_t l2_bytes = 0;
  std::size_t memory_bytes = 0;
};

struct Context {
  const Device& device;
  Timer& timer;
  Table& table;
  bool quick;
};

/// How many sets of inputs make a round trip of `bytes` each exceed the cache two and a half times.
inline std::size_t slots_for(const Device& device, double bytes) {
  const double wanted = 2.5 * static_cast<double>(device.l2_bytes) / std::max(bytes, 1.0) + 1;
  return static_cast<std::size_t>(std::clamp(wanted, 2.0, 64.0));
}

void measure_copies(Context& context);
void measure_launches(Context& context);
void measure_host_link(Context& context);
void measure_elementwise(Context& context);
void measure_gemm(Context& context);
void measure_grouped_gemm(Context& context);
void measure_decode_attention(Context& context);
void measure_prefill_attention(Context& context);
void measure_collectives(Context& context);

struct Operator {
  std::string name;
  void (*measure)(Context&);
};

}  // namespace gpusize::probe
