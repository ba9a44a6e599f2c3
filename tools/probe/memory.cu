#include "memory.hpp"

namespace gpusize::probe {
namespace {

__device__ std::uint32_t mixed(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return static_cast<std::uint32_t>(x >> 32);
}

// The sum of four bytes: close to a normal variable; 147.8 is its standard deviation.
__device__ float normal(std::uint64_t index, std::uint64_t seed) {
  const std::uint32_t bits = mixed(index + seed);
  const int sum =
      static_cast<int>((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24));
  return (static_cast<float>(sum) - 510.0F) / 147.8F;
}

template <typename T>
__device__ T made(float value) {
  return T(value);
}
template <>
__device__ __nv_bfloat16 made(float value) {
  return __float2bfloat16(value);
}
template <>
__device__ __half made(float value) {
  return __float2half(value);
}
template <>
__device__ std::int8_t made(float value) {
  return static_cast<std::int8_t>(max(-127.0F, min(127.0F, value * 48.0F)));
}

template <typename T>
__global__ void fill(T* data, std::size_t count, std::uint64_t seed) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count; i += stride) {
    data[i] = made<T>(normal(i, seed));
  }
}

template <typename T>
void fill_all(const Buffer& buffer, std::uint64_t seed) {
  fill<<<4096, 256>>>(buffer.as<T>(), buffer.bytes() / sizeof(T), seed);
  check_launch("fill");
  check(cudaDeviceSynchronize(), "fill");
}

}  // namespace

std::string name(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16: return "bf16";
    case Dtype::fp16: return "fp16";
    case Dtype::fp8: return "fp8";
    case Dtype::int8: return "int8";
  }
  return "";
}

std::size_t bytes_of(Dtype dtype) { return dtype == Dtype::bf16 || dtype == Dtype::fp16 ? 2 : 1; }

Pool::Pool(std::size_t bytes, Dtype dtype, std::uint64_t seed) : buffer_(bytes) {
  switch (dtype) {
    case Dtype::bf16: fill_all<__nv_bfloat16>(buffer_, seed); break;
    case Dtype::fp16: fill_all<__half>(buffer_, seed); break;
    case Dtype::fp8: fill_all<__nv_fp8_e4m3>(buffer_, seed); break;
    case Dtype::int8: fill_all<std::int8_t>(buffer_, seed); break;
  }
}

const void* Pool::slice(std::size_t bytes) {
  require(bytes <= buffer_.bytes(), "a slice larger than the pool of random values");
  if (next_ + bytes > buffer_.bytes()) next_ = 0;
  const void* at = buffer_.as<char>(next_);
  next_ += (bytes + 255) / 256 * 256;
  return at;
}

std::vector<const void*> Pool::slices(std::size_t bytes, std::size_t count) {
  std::vector<const void*> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(slice(bytes));
  return out;
}

void poison(const Buffer& buffer) {
  check(cudaMemset(buffer.as<void>(), 0xff, buffer.bytes()), "cudaMemset");
}

}  // namespace gpusize::probe
