// Collectives between all GPUs of this host, one process, through NCCL (RCCL). NVLink multicast
// stays off.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <vector>

#include "memory.hpp"
#include "probe.hpp"

#if GPUSIZE_PROBE_NCCL
#if GPUSIZE_PROBE_HIP
#include <rccl/rccl.h>
#else
#include <nccl.h>
#endif

namespace gpusize::probe {
namespace {

constexpr int kCalls = 20;
constexpr std::size_t kMostBytes = 512U << 20U;

void check(ncclResult_t status, const char* what) {
  if (status != ncclSuccess)
    throw std::runtime_error(std::string(what) + ": " + ncclGetErrorString(status));
}
using probe::check;

struct Rank {
  explicit Rank(int device) {
    check(cudaSetDevice(device), "cudaSetDevice");
    from = std::make_unique<Pool>(kMostBytes, Dtype::bf16, 7);  // the same values on every GPU
    to = std::make_unique<Buffer>(kMostBytes);
    check(cudaStreamCreate(&stream), "cudaStreamCreate");
    check(cudaEventCreate(&begin), "cudaEventCreate");
    check(cudaEventCreate(&end), "cudaEventCreate");
  }
  std::unique_ptr<Pool> from;
  std::unique_ptr<Buffer> to;
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  ncclComm_t comm = nullptr;
};

enum class Kind { all_reduce, all_gather, reduce_scatter, all_to_all };

struct Named {
  const char* op;
  Kind kind;
};

// `bytes`: the whole message, as counted by the project's tables.
void enqueue(Kind kind, std::vector<Rank>& ranks, std::size_t bytes) {
  const std::size_t count = bytes / 2;
  const std::size_t share = count / ranks.size();
  check(ncclGroupStart(), "ncclGroupStart");
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    Rank& r = ranks[i];
    const void* from = r.from->at(0);
    void* to = r.to->as<void>();
    switch (kind) {
      case Kind::all_reduce:
        check(ncclAllReduce(from, to, count, ncclBfloat16, ncclSum, r.comm, r.stream),
              "ncclAllReduce");
        break;
      case Kind::all_gather:
        check(ncclAllGather(from, to, share, ncclBfloat16, r.comm, r.stream), "ncclAllGather");
        break;
      case Kind::reduce_scatter:
        check(ncclReduceScatter(from, to, share, ncclBfloat16, ncclSum, r.comm, r.stream),
              "ncclReduceScatter");
        break;
      case Kind::all_to_all:
        for (std::size_t peer = 0; peer < ranks.size(); ++peer) {
          check(ncclSend(r.from->at(peer * share * 2), share, ncclBfloat16, static_cast<int>(peer),
                         r.comm, r.stream),
                "ncclSend");
          check(ncclRecv(r.to->as<void>(peer * share * 2), share, ncclBfloat16,
                         static_cast<int>(peer), r.comm, r.stream),
                "ncclRecv");
        }
        break;
    }
  }
  check(ncclGroupEnd(), "ncclGroupEnd");
}

void wait(std::vector<Rank>& ranks) {
  for (Rank& r : ranks) check(cudaStreamSynchronize(r.stream), "collective");
}

// Every GPU holds the same values, so a sum is the number of GPUs times one of them; bf16 rounds
// it.
void check_sum(std::vector<Rank>& ranks) {
  constexpr std::size_t kValues = 4096;
  enqueue(Kind::all_reduce, ranks, kValues * 2);
  wait(ranks);
  std::vector<std::uint16_t> from(kValues);
  std::vector<std::uint16_t> to(kValues);
  const auto value = [](std::uint16_t bits) {
    const std::uint32_t word = static_cast<std::uint32_t>(bits) << 16U;
    float out = 0;
    std::memcpy(&out, &word, sizeof(out));
    return static_cast<double>(out);
  };
  check(cudaMemcpy(from.data(), ranks[0].from->at(0), kValues * 2, cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  check(cudaMemcpy(to.data(), ranks[0].to->as<void>(), kValues * 2, cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  for (std::size_t i = 0; i < kValues; ++i) {
    const double want = value(from[i]) * static_cast<double>(ranks.size());
    require(std::abs(value(to[i]) - want) <= 0.02 * std::abs(want) + 1e-6,
            "all-reduce gives a wrong sum");
  }
}

Timing timed(Kind kind, std::vector<Rank>& ranks, std::size_t bytes, int repeats) {
  std::vector<double> us;
  for (int repeat = -1; repeat < repeats; ++repeat) {
    wait(ranks);
    check(cudaEventRecord(ranks[0].begin, ranks[0].stream), "cudaEventRecord");
    for (int i = 0; i < kCalls; ++i) enqueue(kind, ranks, bytes);
    check(cudaEventRecord(ranks[0].end, ranks[0].stream), "cudaEventRecord");
    wait(ranks);
    float ms = 0;
    check(cudaEventElapsedTime(&ms, ranks[0].begin, ranks[0].end), "cudaEventElapsedTime");
    if (repeat >= 0) us.push_back(1e3 * static_cast<double>(ms) / kCalls);
  }
  return summary(us);
}

}  // namespace

void measure_collectives(Context& context) {
  if (context.device.count < 2) {
    std::cerr << "note: one GPU, no collectives\n";
    return;
  }
  setenv("NCCL_NVLS_ENABLE", "0", 1);
  std::vector<Rank> ranks;
  std::vector<ncclComm_t> comms(static_cast<std::size_t>(context.device.count));
  check(ncclCommInitAll(comms.data(), context.device.count, nullptr), "ncclCommInitAll");
  for (int i = 0; i < context.device.count; ++i) {
    ranks.emplace_back(i);
    ranks.back().comm = comms[static_cast<std::size_t>(i)];
  }
  check_sum(ranks);
  const Named kinds[] = {{"nccl_all_reduce", Kind::all_reduce},
                         {"nccl_all_gather", Kind::all_gather},
                         {"nccl_reduce_scatter", Kind::reduce_scatter},
                         {"nccl_alltoall", Kind::all_to_all}};
  for (const Named& kind : kinds) {
    for (std::size_t bytes = 8192; bytes <= kMostBytes; bytes *= context.quick ? 16 : 4) {
      Row row{.op = kind.op, .dtype = "bf16", .kernel = "nccl eager"};
      row.m = static_cast<std::int64_t>(bytes);
      row.gpus = context.device.count;
      row.bytes = static_cast<double>(bytes);
      row.timing = timed(kind.kind, ranks, bytes, context.quick ? 5 : 9);
      context.table.add(row);
    }
  }
  for (const ncclComm_t comm : comms) check(ncclCommDestroy(comm), "ncclCommDestroy");
  check(cudaSetDevice(context.device.index), "cudaSetDevice");
}

}  // namespace gpusize::probe

#else

namespace gpusize::probe {

void measure_collectives(Context&) { std::cerr << "note: built without NCCL, no collectives\n"; }

}  // namespace gpusize::probe

#endif
