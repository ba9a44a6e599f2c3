#include "gpusize/spec/bench_serve.hpp"
#include "gpusize/spec/kernel_row.hpp"
#include "gpusize/spec/memory_log.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

using namespace gpusize;
using Catch::Matchers::WithinRel;
using gpusize::test::TemporaryFile;

namespace {

const std::string kData = GPUSIZE_SOURCE_DIR "/tests/data/calibrate/";

/// The first fault of a file of timed kernels.
Diagnostic fault_of(const std::string& text) {
  const TemporaryFile file(text);
  auto reader = KernelRowReader::open(file.path());
  if (!reader.ok()) return reader.errors().front();
  KernelRow row;
  while (reader->next(row)) {
  }
  REQUIRE_FALSE(reader->problems().empty());
  return reader->problems().front();
}

}  // namespace

TEST_CASE("timed kernels: columns in any order, unknown ones ignored") {
  const TemporaryFile file("us,n,op,mystery,m,dtype,k\n12.5,4096,gemm,x,8,bf16,1024\n");
  auto reader = KernelRowReader::open(file.path());
  REQUIRE(reader.ok());
  KernelRow row;
  REQUIRE(reader->next(row));
  CHECK(row.op == "gemm");
  CHECK(row.m == 8.0);
  CHECK(row.n == 4096.0);
  CHECK(row.k == 1024.0);
  CHECK(row.us == 12.5);
  CHECK(row.line == 2);
  CHECK(row.us_column == 1);
  CHECK_FALSE(reader->next(row));
  CHECK(reader->problems().empty());
  CHECK(is_kernel_header("gpu,op,dtype,us"));
  CHECK_FALSE(is_kernel_header("id,model,gpu,engine,metric,value"));
}

TEST_CASE("timed kernels: what is no measurement is refused with its place") {
  const Diagnostic negative = fault_of("op,us,m\ngemm,5.0,1\ngemm,-1,2\n");
  CHECK(negative.code == "csv-number");
  CHECK(negative.where.line == 3);
  CHECK(negative.where.column == 6);
  CHECK(fault_of("op,us,m\ngemm,nan,1\n").code == "csv-number");
  CHECK(fault_of("op,us,m\ngemm,1e30,1\n").code == "csv-number");
  CHECK(fault_of("op,us,m\ngemm,0,1\n").code == "csv-number");
  CHECK(fault_of("op,us,m\ngemm,,1\n").code == "csv-number");
  CHECK(fault_of("op,us,m\ngemm,5,many\n").code == "csv-number");
  CHECK(fault_of("op,us,m\ngemm,5\n").code == "csv-columns");
  CHECK(fault_of("op,m\ngemm,5\n").code == "csv-missing-column");
  CHECK(fault_of("op,us,us\ngemm,5,5\n").code == "csv-duplicate-column");
  CHECK(fault_of("").code == "csv-empty");
}

TEST_CASE("benchmark results: one run a line, rates and dates read") {
  const auto runs = read_bench_serve(kData + "bench.json");
  REQUIRE(runs.ok());
  REQUIRE(runs->size() == 3);
  CHECK(runs->at(0).model == "meta-llama/Llama-3.1-8B");
  CHECK(runs->at(0).date == "2026-11-20");
  CHECK_FALSE(runs->at(0).request_rate);
  CHECK(runs->at(0).max_concurrency == 16.0);
  CHECK(runs->at(1).where.line == 2);
  CHECK(runs->at(2).request_rate == 2.0);
  CHECK_FALSE(runs->at(2).max_concurrency);
}

TEST_CASE("benchmark results: what is missing or no number is refused") {
  const auto code = [](std::string_view text) {
    const auto runs = parse_bench_serve("f", text);
    return runs.ok() ? std::string() : runs.errors().front().code;
  };
  CHECK(code("{}") == "bench-missing");
  CHECK(code("[]") == "bench-missing");
  CHECK(code("7") == "bench-missing");
  CHECK(code(R"({"completed": 0, "total_input_tokens": 1, "total_output_tokens": 1,
                 "mean_ttft_ms": 1})") == "bench-number");
  CHECK(code(R"({"completed": 1, "total_input_tokens": 1, "total_output_tokens": 1,
                 "mean_ttft_ms": "fast"})") == "bench-number");
}

TEST_CASE("vLLM's start-up log: sizes, tokens and options") {
  const auto log = read_memory_log(kData + "vllm.log");
  REQUIRE(log.ok());
  CHECK_FALSE(log->is_summary);
  const auto gib = [&](MemoryItem item) {
    const MemoryReading* reading = log->find(item);
    return reading == nullptr ? -1.0 : reading->bytes.in(units::GiB);
  };
  CHECK_THAT(gib(MemoryItem::kWeights), WithinRel(14.99, 1e-9));
  CHECK_THAT(gib(MemoryItem::kActivations), WithinRel(4.90, 1e-9));
  CHECK_THAT(gib(MemoryItem::kNonTorch), WithinRel(0.16, 1e-9));
  CHECK_THAT(gib(MemoryItem::kKvCache), WithinRel(52.61, 1e-9));
  CHECK_THAT(gib(MemoryItem::kGraphs), WithinRel(0.52, 1e-9));
  CHECK(log->find(MemoryItem::kWeights)->line == 3);
  CHECK(log->kv_tokens == 430960.0);
  CHECK(log->version == "0.21.0");
  CHECK(log->model == "meta-llama/Llama-3.1-8B");
  CHECK(log->tp == 1);
  CHECK(log->kv_cache_dtype == "auto");
  CHECK(log->quantization.empty());
}

TEST_CASE("vLLM's older log: one line for all") {
  const auto log = parse_memory_log(
      "f",
      "INFO worker.py:238] the current vLLM instance can use total_gpu_memory (79.22GiB) x "
      "gpu_memory_utilization (0.90) = 71.29GiB\n"
      "INFO worker.py:238] model weights take 19.86GiB; non_torch_memory takes 0.16GiB; PyTorch "
      "activation peak memory takes 36.63GiB; the rest of the memory reserved for KV Cache is "
      "14.65GiB.\n");
  REQUIRE(log.ok());
  CHECK_THAT(log->find(MemoryItem::kTotal)->bytes.in(units::GiB), WithinRel(79.22, 1e-9));
  CHECK_THAT(log->find(MemoryItem::kUsable)->bytes.in(units::GiB), WithinRel(71.29, 1e-9));
  CHECK_THAT(log->find(MemoryItem::kWeights)->bytes.in(units::GiB), WithinRel(19.86, 1e-9));
  CHECK_THAT(log->find(MemoryItem::kKvCache)->bytes.in(units::GiB), WithinRel(14.65, 1e-9));
  CHECK(log->memory_fraction == 0.90);
}

TEST_CASE("PyTorch's memory summary: tensors and segments") {
  const auto log = read_memory_log(kData + "summary.txt");
  REQUIRE(log.ok());
  CHECK(log->is_summary);
  CHECK_THAT(log->find(MemoryItem::kAllocatedNow)->bytes.in(units::MiB), WithinRel(15350.0, 1e-9));
  CHECK_THAT(log->find(MemoryItem::kAllocatedPeak)->bytes.in(units::MiB), WithinRel(16120.0, 1e-9));
  CHECK_THAT(log->find(MemoryItem::kReservedPeak)->bytes.in(units::MiB), WithinRel(16500.0, 1e-9));
}

TEST_CASE("a text without memory in it is refused") {
  const auto log = parse_memory_log("f", "hello\nworld\n");
  REQUIRE_FALSE(log.ok());
  CHECK(log.errors().front().code == "memory-log-empty");
}
