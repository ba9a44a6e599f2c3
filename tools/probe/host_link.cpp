// Copies between pinned host memory and the device.
#include <cstring>
#include <vector>

#include "memory.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

class Pinned {
 public:
  explicit Pinned(std::size_t bytes) { check(cudaMallocHost(&data_, bytes), "cudaMallocHost"); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  ~Pinned() { static_cast<void>(cudaFreeHost(data_)); }
  void* get() const { return data_; }

 private:
  void* data_ = nullptr;
};

void check_round_trip(const Pinned& host, const Buffer& device) {
  constexpr std::size_t kBytes = 1 << 20;
  auto* bytes = static_cast<unsigned char*>(host.get());
  for (std::size_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<unsigned char>(i * 37 + i / 251);
  const std::vector<unsigned char> sent(bytes, bytes + kBytes);
  check(cudaMemcpy(device.as<void>(), host.get(), kBytes, cudaMemcpyHostToDevice),
        "copy to device");
  std::memset(host.get(), 0, kBytes);
  check(cudaMemcpy(host.get(), device.as<void>(), kBytes, cudaMemcpyDeviceToHost), "copy to host");
  require(std::memcmp(sent.data(), host.get(), kBytes) == 0, "the host link changed the bytes");
}

}  // namespace

void measure_host_link(Context& context) {
  std::vector<std::size_t> sizes{65'536, 1'048'576, 16'777'216, 67'108'864};
  if (!context.quick) sizes.push_back(1'073'741'824);
  const Pinned host(sizes.back());
  std::memset(host.get(), 1, sizes.back());
  const Buffer device(sizes.back());
  check_round_trip(host, device);
  for (const std::size_t bytes : sizes) {
    for (const bool up : {true, false}) {
      Row row{.op = up ? "copy_h2d" : "copy_d2h", .dtype = "u8", .kernel = "runtime copy"};
      row.m = static_cast<std::int64_t>(bytes);
      row.bytes = static_cast<double>(bytes);
      row.timing = context.timer.eager(
          [&](cudaStream_t stream, std::size_t) {
            void* to = up ? device.as<void>() : host.get();
            const void* from = up ? host.get() : device.as<void>();
            check(cudaMemcpyAsync(to, from, bytes,
                                  up ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost, stream),
                  "cudaMemcpyAsync");
          },
          1);
      context.table.add(row);
    }
  }
}

}  // namespace gpusize::probe
