// Matrix products: the linears of some models over rows per step, and batches of equal products as
// experts.
#include <iostream>
#include <vector>

#include "product.hpp"

namespace gpusize::probe {
namespace {

struct Matrix {
  const char* variant;
  std::int64_t n;
  std::int64_t k;
};

const std::vector<Matrix>& matrices() {
  static const std::vector<Matrix> all{
      {"ds7b.qkv", 12288, 4096},         {"ds7b.o", 4096, 4096},
      {"ds7b.gate_up", 22016, 4096},     {"ds7b.down", 4096, 11008},
      {"ds7b.lm_head", 102400, 4096},    {"ds67b.gate_up", 44032, 8192},
      {"ds67b.down", 8192, 22016},       {"ds67b.tp8.qkv", 1280, 8192},
      {"ds67b.tp8.o", 8192, 1024},       {"ds67b.tp8.gate_up", 5504, 8192},
      {"ds67b.tp8.down", 8192, 2752},    {"v3.kv_a", 576, 7168},
      {"v3.q_b", 24576, 1536},           {"v3.o", 7168, 16384},
      {"v3.shared_gate_up", 4096, 7168}, {"v2lite.expert_gate_up", 2816, 2048}};
  return all;
}

const std::vector<Matrix>& few_matrices() {
  static const std::vector<Matrix> all{
      {"ds7b.gate_up", 22016, 4096}, {"ds67b.tp8.o", 8192, 1024}, {"v3.o", 7168, 16384}};
  return all;
}

std::size_t room(const Context& context, std::size_t most) {
  return std::min(most, context.device.memory_bytes / 4);
}

void measure_type(Context& context, const Blas& blas, Dtype dtype, const std::vector<Matrix>& which,
                  const std::vector<std::int64_t>& rows, const Buffer& results) {
  Pool pool(room(context, 4'000'000'000), dtype, 3);
  check_product(blas, dtype, {"", 32, 512, 1024}, pool, context.timer.stream());
  check_product(blas, dtype, {"", 256, 1024, 4096}, pool, context.timer.stream());
  bool any = false;
  for (const Matrix& matrix : which) {
    for (const std::int64_t m : rows) {
      Row row{.op = "gemm", .kernel = "cublaslt"};
      row.m = m;
      row.n = matrix.n;
      row.k = matrix.k;
      if (!time_product(context, blas, dtype, {matrix.variant, m, matrix.n, matrix.k}, pool,
                        results, row))
        continue;
      any = true;
      context.table.add(row);
    }
  }
  if (!any) std::cerr << "note: no " << name(dtype) << " matrix products on this GPU\n";
}

struct Experts {
  const char* variant;
  std::int64_t n;
  std::int64_t k;
  std::int64_t experts;
  std::vector<std::int64_t> rows;  // of all experts together
};

}  // namespace

void measure_gemm(Context& context) {
  const Blas blas;
  const Buffer results(room(context, 1'500'000'000));
  const std::vector<std::int64_t> all{1, 4, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};
  const std::vector<std::int64_t> some{1, 16, 64, 256, 1024, 4096};
  const std::vector<std::int64_t> whole{32, 64, 256, 1024,
                                        4096};  // int8 kernels want more than 16 rows
  const bool quick = context.quick;
  measure_type(context, blas, Dtype::bf16, quick ? few_matrices() : matrices(), quick ? some : all,
               results);
  measure_type(context, blas, Dtype::fp8, quick ? few_matrices() : matrices(), quick ? some : all,
               results);
  measure_type(context, blas, Dtype::fp16, few_matrices(), some, results);
  measure_type(context, blas, Dtype::int8, few_matrices(), whole, results);
}

void measure_grouped_gemm(Context& context) {
  const Blas blas;
  Pool pool(room(context, 5'000'000'000), Dtype::bf16, 4);
  const Buffer results(room(context, 1'500'000'000));
  check_product(blas, Dtype::bf16, {"", 32, 512, 1024, 4}, pool, context.timer.stream());
  std::vector<Experts> all{{"v3.gate_up.ep8", 4096, 7168, 32, {32, 256, 1024, 4096, 8192, 32768}},
                           {"v3.down.ep8", 7168, 2048, 32, {32, 256, 1024, 4096, 8192, 32768}},
                           {"v2lite.gate_up", 2816, 2048, 64, {64, 512, 2048, 8192, 32768}},
                           {"v2lite.down", 2048, 1408, 64, {64, 512, 2048, 8192, 32768}}};
  if (context.quick) all = {{"v2lite.gate_up", 2816, 2048, 64, {64, 2048, 32768}}};
  for (const Experts& each : all) {
    for (const std::int64_t rows : each.rows) {
      Row row{.op = "grouped_gemm", .kernel = "cublaslt batched (equal groups)"};
      const Shape shape{each.variant, rows / each.experts, each.n, each.k, each.experts};
      if (!time_product(context, blas, Dtype::bf16, shape, pool, results, row)) continue;
      row.m = rows;
      row.n = each.n;
      row.k = each.k;
      row.experts = each.experts;
      context.table.add(row);
    }
  }
}

}  // namespace gpusize::probe
