#pragma once
// Device memory that frees itself, and the pool of random values that every measurement takes its
// inputs from.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"

namespace gpusize::probe {

enum class Dtype { bf16, fp16, fp8, int8 };

std::string name(Dtype dtype);
std::size_t bytes_of(Dtype dtype);

class Buffer {
 public:
  explicit Buffer(std::size_t bytes) : bytes_(bytes) {
    check(cudaMalloc(&data_, bytes), "cudaMalloc");
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() {
    if (data_ != nullptr) static_cast<void>(cudaFree(data_));
  }

  std::size_t bytes() const { return bytes_; }
  template <typename T>
  T* as(std::size_t byte_offset = 0) const {
    return reinterpret_cast<T*>(static_cast<char*>(data_) + byte_offset);
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

/// Random values, about normal with variance 1 (int8: uniform). Slices follow one another and wrap
/// round, so that as many slices as exceed the cache are never read warm.
class Pool {
 public:
  Pool(std::size_t bytes, Dtype dtype, std::uint64_t seed);
  /// Domain: bytes at most the pool's.
  const void* slice(std::size_t bytes);
  std::vector<const void*> slices(std::size_t bytes, std::size_t count);
  const void* at(std::size_t byte_offset) const { return buffer_.as<void>(byte_offset); }
  std::size_t bytes() const { return buffer_.bytes(); }

 private:
  Buffer buffer_;
  std::size_t next_ = 0;
};

/// Fills a buffer with bytes that no kernel writes, so that an element which was not written shows.
void poison(const Buffer& buffer);

}  // namespace gpusize::probe
