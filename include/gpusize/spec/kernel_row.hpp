#pragma once
// Timed kernels from CSV files: one row, one operation on one card. What `gpusize-probe` writes,
// and published lists in the same words; docs/calibrate.md has the columns.

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/spec/csv.hpp"

namespace gpusize {

/// One row as written. Empty text and 0 of a number: not stated.
struct KernelRow {
  std::string gpu, op, dtype, kv_dtype, kernel, variant, backend, distribution, date;
  double m = 0.0, n = 0.0, k = 0.0;      ///< of a product; bytes of a copy or message: m
  double batch = 0.0, q_len = 0.0;       ///< sequences; new tokens of each
  double kv_len = 0.0, window = 0.0;     ///< tokens
  double q_heads = 0.0, kv_heads = 0.0;  ///< on this card
  double head_dim = 0.0;
  double tokens = 0.0, hidden = 0.0, inter = 0.0;  ///< of a mixture of experts
  double experts = 0.0, topk = 0.0;
  double tp = 0.0, ep = 0.0, gpus = 0.0;
  double elements = 0.0;  ///< of a message
  bool ungated = false;   ///< no cell: experts without a gate, as rows beside it say
  double us = 0.0;        ///< measured microseconds, above 0
  int line = 0;
  int us_column = 0;  ///< byte column of the time in its line
};

/// Reads a file row by row. Column order is free; columns it does not know are ignored.
class KernelRowReader {
 public:
  /// Opens the file and reads its header: `csv-unreadable`, `csv-missing-column`,
  /// `csv-duplicate-column`.
  static Result<KernelRowReader> open(const std::string& path);

  /// The next row; false at the end and after a fault (`csv-number`: a cell that holds no number
  /// where one belongs, below 0 or beyond all sense; a time that is not above 0).
  bool next(KernelRow& out);
  [[nodiscard]] const Diagnostics& problems() const { return problems_; }

 private:
  KernelRowReader() = default;
  Diagnostics read_header(const std::string& path);
  bool fill(KernelRow& out);

  std::unique_ptr<std::ifstream> in_;
  std::unique_ptr<CsvReader> csv_;
  CsvRow row_;
  std::size_t columns_ = 0;
  std::vector<int> text_place_;    ///< per text column: its index in the file, -1 when absent
  std::vector<int> number_place_;  ///< the same of number columns
  Diagnostics problems_;
};

/// Whether a header line is one of timed kernels: it has a column `op` and a time in microseconds.
bool is_kernel_header(std::string_view header_line);
/// Whether a file begins with such a line; false for what cannot be read.
bool is_kernel_file(const std::string& path);

}  // namespace gpusize
