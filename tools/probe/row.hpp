#pragma once
// One measurement and the CSV file it goes to. The first seventeen columns are those of the
// project's kernel tables.
#include <cstdint>
#include <ostream>
#include <string>

#include "timer.hpp"

namespace gpusize::probe {

struct Row {
  std::string op;
  std::string dtype;
  std::string variant;  // which model's matrix, or which of an operator's variants
  std::string kernel;   // whose code ran
  std::int64_t m = 0;   // bytes, for copies and collectives; 0 in any of these: empty
  std::int64_t n = 0;
  std::int64_t k = 0;
  std::int64_t batch = 0;
  std::int64_t q_heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t q_len = 0;
  std::int64_t kv_len = 0;
  std::int64_t experts = 0;
  std::int64_t gpus = 1;
  double flop = 0;
  double bytes = 0;     // read once and written once
  double us_first = 0;  // GEMM: the library's first choice, where another was faster
  Timing timing;
};

struct Machine {
  std::string gpu;
  std::string driver;
  std::string cuda;
  std::string date;
};

class Table {
 public:
  Table(std::ostream& out, Machine machine);
  void add(const Row& row);
  int rows() const { return rows_; }

 private:
  std::ostream& out_;
  Machine machine_;
  int rows_ = 0;
};

}  // namespace gpusize::probe
