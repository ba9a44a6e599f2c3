#pragma once
// Comma-separated values (RFC 4180) row by row, so that a file of any length needs one row of
// memory. Quoted fields may hold commas, doubled quotes and line ends; LF and CRLF both end a row;
// a UTF-8 byte order mark is skipped.

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/diagnostic.hpp"

namespace gpusize {

/// Bounds on one file, so that a hostile one costs little.
struct CsvLimits {
  std::uint64_t file_bytes = 1024ULL * 1024 * 1024;
  std::size_t row_bytes = 1024 * 1024;
  std::size_t fields = 4096;  ///< per row
};

/// One row. Strings are reused from row to row.
struct CsvRow {
  std::vector<std::string> fields;
  std::vector<int> columns;  ///< byte column, from 1, at which each field starts in its line
  int line = 0;              ///< line, from 1, at which the row starts

  /// Where field `index` is; past the last field: the start of the row.
  [[nodiscard]] Location at(std::string_view file, std::size_t index) const;
};

/// Reads rows until the end or the first fault. Blank lines are skipped.
/// Faults: `csv-quote`, `csv-encoding`, `csv-too-large`, `csv-nul`.
class CsvReader {
 public:
  /// `in` must be opened in binary mode and outlive the reader; `file` names it in messages.
  CsvReader(std::istream& in, std::string file, CsvLimits limits = {});

  /// The next row; false at the end of the file and after a fault.
  bool next(CsvRow& row);
  /// What stopped the reading; empty after a regular end.
  [[nodiscard]] const Diagnostics& problems() const { return problems_; }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  static constexpr int kEnd = -1;
  int peek();
  int take();
  bool read_row(CsvRow& row);
  bool read_quoted(std::string& field);
  bool read_plain(std::string& field);
  bool append(std::string& field, int byte);
  bool fault(std::string code, std::string message, int line, int column, std::string hint = {});

  std::istream& in_;
  std::string file_;
  CsvLimits limits_;
  Diagnostics problems_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t total_ = 0;
  std::size_t row_bytes_ = 0;
  int line_ = 1;
  int column_ = 1;
};

}  // namespace gpusize
