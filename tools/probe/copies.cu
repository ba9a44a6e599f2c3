// Device memory: copies by the runtime, reads by a kernel of our own.
#include <cmath>
#include <cstring>
#include <vector>

#include "memory.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

constexpr int kThreads = 512;

__device__ float sum_of(uint4 four) {
  float sum = 0;
  for (const unsigned word : {four.x, four.y, four.z, four.w}) {
    sum += __uint_as_float(word << 16) + __uint_as_float(word & 0xffff0000U);
  }
  return sum;
}

// Sum of bf16 values, 16 bytes a load, four loads in flight; one atomic a block.
__global__ void read_reduce(const uint4* data, std::size_t count, float* out) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  float sum = 0;
  std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (; i + 3 * stride < count; i += 4 * stride) {
    const uint4 a = data[i];
    const uint4 b = data[i + stride];
    const uint4 c = data[i + 2 * stride];
    const uint4 d = data[i + 3 * stride];
    sum += sum_of(a) + sum_of(b) + sum_of(c) + sum_of(d);
  }
  for (; i < count; i += stride) sum += sum_of(data[i]);
  for (int lane = 16; lane > 0; lane /= 2) sum += __shfl_xor_sync(0xffffffffU, sum, lane);
  __shared__ float warps[kThreads / 32];
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int w = 1; w < kThreads / 32; ++w) sum += warps[w];
  atomicAdd(out, sum);
}

void launch_read(const Device& device, const void* data, std::size_t bytes, float* out,
                 cudaStream_t stream) {
  const std::size_t vectors = bytes / sizeof(uint4);
  const std::size_t blocks =
      std::min(static_cast<std::size_t>(device.sms) * 4, (vectors + kThreads - 1) / kThreads);
  read_reduce<<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(
      static_cast<const uint4*>(data), vectors, out);
  check_launch("read_reduce");
}

void check_read(const Context& context, Pool& pool) {
  constexpr std::size_t kValues = 1 << 20;
  const void* data = pool.slice(kValues * 2);
  const Buffer out(sizeof(float));
  check(cudaMemset(out.as<void>(), 0, sizeof(float)), "cudaMemset");
  launch_read(context.device, data, kValues * 2, out.as<float>(), context.timer.stream());
  check(cudaStreamSynchronize(context.timer.stream()), "read_reduce");
  std::vector<unsigned short> values(kValues);
  float got = 0;
  check(cudaMemcpy(values.data(), data, kValues * 2, cudaMemcpyDeviceToHost), "cudaMemcpy");
  check(cudaMemcpy(&got, out.as<void>(), sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy");
  double sum = 0;
  for (const unsigned short value : values) {
    const unsigned bits = static_cast<unsigned>(value) << 16;
    float f = 0;
    static_assert(sizeof(f) == sizeof(bits));
    std::memcpy(&f, &bits, sizeof(f));
    sum += static_cast<double>(f);
  }
  require(std::abs(static_cast<double>(got) - sum) < 1.0, "read_reduce gives a wrong sum");
}

std::vector<std::size_t> sizes(const Context& context) {
  std::vector<std::size_t> out{250'000,    1'000'000,   4'000'000,    16'000'000,
                               64'000'000, 256'000'000, 1'024'000'000};
  if (context.quick) out = {1'000'000, 16'000'000, 256'000'000, 1'024'000'000};
  if (!context.quick && context.device.memory_bytes > 40'000'000'000) {
    out.push_back(8'192'000'000);
    if (context.device.memory_bytes > 75'000'000'000) out.push_back(24'000'000'000);
  }
  return out;
}

}  // namespace

void measure_copies(Context& context) {
  const std::vector<std::size_t> all = sizes(context);
  const std::size_t most = all.back();
  Pool pool(std::max(most, std::size_t{1'000'000'000}), Dtype::bf16, 1);
  const Buffer target(pool.bytes());
  const Buffer sum(sizeof(float));
  check_read(context, pool);
  for (const std::size_t bytes : all) {
    const std::size_t slots = std::min(slots_for(context.device, static_cast<double>(bytes)),
                                       pool.bytes() / (bytes + 256));
    const std::size_t used = std::max(slots, std::size_t{1});
    const std::vector<const void*> from = pool.slices(bytes, used);
    Row row{.op = "copy_d2d", .dtype = "u8", .kernel = "runtime copy"};
    row.m = static_cast<std::int64_t>(bytes);
    row.bytes = 2.0 * static_cast<double>(bytes);
    row.timing = context.timer.graph(
        [&](cudaStream_t stream, std::size_t slot) {
          check(cudaMemcpyAsync(target.as<char>(slot * (bytes / 256 * 256)), from[slot], bytes,
                                cudaMemcpyDeviceToDevice, stream),
                "cudaMemcpyAsync");
        },
        used);
    context.table.add(row);
    row.op = "read_reduce";
    row.dtype = "bf16";
    row.kernel = "own";
    row.bytes = static_cast<double>(bytes);
    row.timing = context.timer.graph(
        [&](cudaStream_t stream, std::size_t slot) {
          launch_read(context.device, from[slot], bytes, sum.as<float>(), stream);
        },
        used);
    context.table.add(row);
  }
}

}  // namespace gpusize::probe
