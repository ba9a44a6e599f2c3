// Collectives between 2, 4, 8 ... GPUs of this host, one process, through NCCL (RCCL), launched one
// by one and inside CUDA graphs. NVLink multicast stays off.
#include <algorithm>
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
constexpr std::size_t kFewestBytes = 1U << 10U;
constexpr std::size_t kMostBytes = 1U << 30U;

void check(ncclResult_t status, const char* what) {
  if (status != ncclSuccess)
    throw std::runtime_error(std::string(what) + ": " + ncclGetErrorString(status));
}
using probe::check;

/// What one GPU brings to a collective.
struct Rank {
  explicit Rank(int index) : device(index) {
    use();
    from = std::make_unique<Pool>(kMostBytes, Dtype::bf16, 7);  // the same values on every GPU
    to = std::make_unique<Buffer>(kMostBytes);
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
    check(cudaEventCreate(&begin), "cudaEventCreate");
    check(cudaEventCreate(&end), "cudaEventCreate");
    check(cudaEventCreateWithFlags(&fork, cudaEventDisableTiming), "cudaEventCreate");
  }
  void use() const { check(cudaSetDevice(device), "cudaSetDevice"); }

  int device;
  std::unique_ptr<Pool> from;
  std::unique_ptr<Buffer> to;
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  cudaEvent_t fork = nullptr;
  ncclComm_t comm = nullptr;
};

enum class Kind { all_reduce, all_gather, reduce_scatter, all_to_all, send };

struct Named {
  const char* op;
  Kind kind;
};

constexpr Named kKinds[] = {{"nccl_all_reduce", Kind::all_reduce},
                            {"nccl_all_gather", Kind::all_gather},
                            {"nccl_reduce_scatter", Kind::reduce_scatter},
                            {"nccl_alltoall", Kind::all_to_all},
                            {"nccl_send", Kind::send}};

/// The first ranks of the host as one group, with a communicator of their own.
class Group {
 public:
  Group(std::vector<Rank>& all, std::size_t size) {
    std::vector<ncclComm_t> comms(size);
    std::vector<int> devices;
    for (std::size_t i = 0; i < size; ++i) devices.push_back(all[i].device);
    check(ncclCommInitAll(comms.data(), static_cast<int>(size), devices.data()), "ncclCommInitAll");
    for (std::size_t i = 0; i < size; ++i) {
      all[i].comm = comms[i];
      ranks_.push_back(&all[i]);
    }
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() {
    for (Rank* r : ranks_) static_cast<void>(ncclCommDestroy(r->comm));
  }

  std::size_t size() const { return ranks_.size(); }
  Rank& operator[](std::size_t i) { return *ranks_[i]; }
  auto begin() { return ranks_.begin(); }
  auto end() { return ranks_.end(); }

 private:
  std::vector<Rank*> ranks_;
};

void send_all(Group& group, std::size_t i, std::size_t share) {
  Rank& r = group[i];
  for (std::size_t peer = 0; peer < group.size(); ++peer) {
    const int to = static_cast<int>(peer);
    check(ncclSend(r.from->at(peer * share * 2), share, ncclBfloat16, to, r.comm, r.stream),
          "ncclSend");
    check(ncclRecv(r.to->as<void>(peer * share * 2), share, ncclBfloat16, to, r.comm, r.stream),
          "ncclRecv");
  }
}

/// One GPU's part of one call. `bytes`: the whole message, as the project's tables count it.
void enqueue_rank(Kind kind, Group& group, std::size_t i, std::size_t bytes) {
  Rank& r = group[i];
  const std::size_t count = bytes / 2;
  const std::size_t share = count / group.size();
  const void* from = r.from->at(0);
  void* to = r.to->as<void>();
  switch (kind) {
    case Kind::all_reduce:
      return check(ncclAllReduce(from, to, count, ncclBfloat16, ncclSum, r.comm, r.stream),
                   "ncclAllReduce");
    case Kind::all_gather:
      return check(ncclAllGather(from, to, share, ncclBfloat16, r.comm, r.stream), "ncclAllGather");
    case Kind::reduce_scatter:
      return check(ncclReduceScatter(from, to, share, ncclBfloat16, ncclSum, r.comm, r.stream),
                   "ncclReduceScatter");
    case Kind::all_to_all: return send_all(group, i, share);
    case Kind::send:
      if (i == 0) check(ncclSend(from, count, ncclBfloat16, 1, r.comm, r.stream), "ncclSend");
      if (i == 1) check(ncclRecv(to, count, ncclBfloat16, 0, r.comm, r.stream), "ncclRecv");
      return;
  }
}

void enqueue(Kind kind, Group& group, std::size_t bytes) {
  check(ncclGroupStart(), "ncclGroupStart");
  for (std::size_t i = 0; i < group.size(); ++i) enqueue_rank(kind, group, i, bytes);
  check(ncclGroupEnd(), "ncclGroupEnd");
}

void wait(Group& group) {
  for (Rank* r : group) {
    r->use();
    check(cudaStreamSynchronize(r->stream), "collective");
  }
}

double value_of(std::uint16_t bf16) {
  const std::uint32_t word = static_cast<std::uint32_t>(bf16) << 16U;
  float out = 0;
  std::memcpy(&out, &word, sizeof(out));
  return static_cast<double>(out);
}

// Every GPU holds the same values, so a sum is the number of GPUs times one of them; bf16 rounds
// it at each step of the ring.
void check_sum(Group& group) {
  constexpr std::size_t kValues = 4096;
  enqueue(Kind::all_reduce, group, kValues * 2);
  wait(group);
  std::vector<std::uint16_t> from(kValues);
  std::vector<std::uint16_t> to(kValues);
  group[0].use();
  check(cudaMemcpy(from.data(), group[0].from->at(0), kValues * 2, cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  check(cudaMemcpy(to.data(), group[0].to->as<void>(), kValues * 2, cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  for (std::size_t i = 0; i < kValues; ++i) {
    const double want = value_of(from[i]) * static_cast<double>(group.size());
    require(std::abs(value_of(to[i]) - want) <= 0.02 * std::abs(want) + 1e-6,
            "all-reduce gives a wrong sum");
  }
}

/// The calls as one graph over all GPUs of the group, launched on the first one's stream. A graph
/// for each GPU instead can wait for ever: the first spins for a peer whose graph its own launch
/// holds up.
class Graph {
 public:
  Graph(Kind kind, Group& group, std::size_t bytes) : first_(group[0]) {
    first_.use();
    check(cudaStreamBeginCapture(first_.stream, cudaStreamCaptureModeThreadLocal), "begin capture");
    check(cudaEventRecord(first_.fork, first_.stream), "fork");
    for (std::size_t i = 1; i < group.size(); ++i) follow(group[i], first_);
    for (int i = 0; i < kCalls; ++i) enqueue(kind, group, bytes);
    for (std::size_t i = 1; i < group.size(); ++i) {
      group[i].use();
      check(cudaEventRecord(group[i].fork, group[i].stream), "join");
      follow(first_, group[i]);
    }
    cudaGraph_t graph = nullptr;
    first_.use();
    check(cudaStreamEndCapture(first_.stream, &graph), "end capture");
    check(cudaGraphInstantiate(&exec_, graph, 0), "cudaGraphInstantiate");
    check(cudaGraphDestroy(graph), "cudaGraphDestroy");
    check(cudaGraphUpload(exec_, first_.stream), "cudaGraphUpload");
    wait(group);
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() { static_cast<void>(cudaGraphExecDestroy(exec_)); }
  void launch() const {
    first_.use();
    check(cudaGraphLaunch(exec_, first_.stream), "graph launch");
  }

 private:
  static void follow(Rank& later, const Rank& earlier) {
    later.use();
    check(cudaStreamWaitEvent(later.stream, earlier.fork, 0), "cudaStreamWaitEvent");
  }

  Rank& first_;
  cudaGraphExec_t exec_ = nullptr;
};

/// Median over the repeats of the slowest GPU's time. `work` is enqueued from one thread; a graph's
/// work counts on the first GPU's stream, which waits for the others.
template <typename Work>
Timing timed(Group& group, int repeats, Work&& work) {
  std::vector<double> us;
  for (int repeat = -2; repeat < repeats; ++repeat) {
    wait(group);
    for (Rank* r : group) {
      r->use();
      check(cudaEventRecord(r->begin, r->stream), "cudaEventRecord");
    }
    work();
    double slowest = 0;
    for (Rank* r : group) {
      r->use();
      check(cudaEventRecord(r->end, r->stream), "cudaEventRecord");
    }
    wait(group);
    for (Rank* r : group) {
      float ms = 0;
      r->use();
      check(cudaEventElapsedTime(&ms, r->begin, r->end), "cudaEventElapsedTime");
      const double now = 1e3 * static_cast<double>(ms) / kCalls;
      slowest = std::max(slowest, now);
    }
    if (repeat >= 0) us.push_back(slowest);
  }
  return summary(us);
}

std::string library() {
  int version = 0;
  check(ncclGetVersion(&version), "ncclGetVersion");
  return "nccl " + std::to_string(version / 10000) + '.' + std::to_string(version / 100 % 100) +
         '.' + std::to_string(version % 100);
}

void measure_group(Context& context, Group& group) {
  check_sum(group);
  const int repeats = context.quick ? 5 : 9;
  for (const Named& kind : kKinds) {
    if (kind.kind == Kind::send && group.size() > 2) continue;
    for (std::size_t bytes = kFewestBytes; bytes <= kMostBytes; bytes *= context.quick ? 16 : 4) {
      Row row{.op = kind.op, .dtype = "bf16"};
      row.m = static_cast<std::int64_t>(bytes);
      row.gpus = static_cast<std::int64_t>(group.size());
      row.bytes = static_cast<double>(bytes);
      row.kernel = library() + " eager";
      row.timing = timed(group, repeats, [&] {
        for (int i = 0; i < kCalls; ++i) enqueue(kind.kind, group, bytes);
      });
      context.table.add(row);
      const Graph graph(kind.kind, group, bytes);
      row.kernel = library() + " in graph";
      row.timing = timed(group, repeats, [&] { graph.launch(); });
      context.table.add(row);
    }
  }
}

}  // namespace

void measure_collectives(Context& context) {
  if (context.device.count < 2) {
    std::cerr << "note: one GPU, no collectives\n";
    return;
  }
  setenv("NCCL_NVLS_ENABLE", "0", 1);
  std::vector<Rank> ranks;
  ranks.reserve(static_cast<std::size_t>(context.device.count));
  for (int i = 0; i < context.device.count; ++i) ranks.emplace_back(i);
  for (std::size_t size = 2; size <= ranks.size(); size *= 2) {
    Group group(ranks, size);
    measure_group(context, group);
  }
  check(cudaSetDevice(context.device.index), "cudaSetDevice");
}

}  // namespace gpusize::probe

#else

namespace gpusize::probe {

void measure_collectives(Context&) { std::cerr << "note: built without NCCL, no collectives\n"; }

}  // namespace gpusize::probe

#endif
