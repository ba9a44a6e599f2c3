#pragma once
// Request traces row by row: when requests came and how long they were. The format is found by the
// header (CSV) or the first line (JSONL). Rows that say nothing usable are left out and counted by
// reason; memory does not grow with the file.

#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/result.hpp"
#include "gpusize/spec/csv.hpp"

namespace gpusize {

struct TraceRecord {
  double arrival_s = 0.0;  ///< since the first usable row
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::vector<std::uint64_t> blocks;  ///< hashes of the prompt's blocks, where the trace has them
  std::int64_t block_tokens = 0;
};

/// Columns of a file in no known format; empty: by the format.
struct TraceColumns {
  std::string arrival;
  std::string input;
  std::string output;
  double arrival_unit_s = 1.0;  ///< seconds that one unit of the arrival column is worth
};

/// One row of what a format finds in a line, before it is judged.
struct RawTraceRow {
  std::optional<double> time_s;  ///< in the trace's own clock
  std::optional<double> input;
  std::optional<double> output;
  bool failed = false;  ///< the trace marks the request as failed
  std::vector<std::uint64_t> blocks;
  std::int64_t block_tokens = 0;
};

/// How a published trace is laid out: one row per format in trace_formats().
struct TraceFormat {
  std::string_view name;
  std::string_view what;
  std::string_view arrival;  ///< column or key
  std::string_view input;
  std::string_view output;
  double arrival_unit_s;
  bool json_lines;
  std::string_view blocks;  ///< key of block hashes; empty: none
  std::int64_t block_tokens;
};
std::span<const TraceFormat> trace_formats();

class TraceReader {
 public:
  /// `trace-unreadable`, `trace-empty`, `trace-format`, `trace-column`. `format` empty: found.
  static Result<TraceReader> open(const std::string& path, std::string_view format = {},
                                  const TraceColumns& columns = {});

  /// The same from memory; `file` names it in messages.
  static Result<TraceReader> from_text(std::string text, const std::string& file,
                                       std::string_view format = {},
                                       const TraceColumns& columns = {});

  /// The next usable row; false at the end and after a fault.
  bool next(TraceRecord& out);
  /// Rows left out so far, by reason.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& skipped() const { return skipped_; }
  [[nodiscard]] const Diagnostics& problems() const { return problems_; }
  [[nodiscard]] std::string_view format() const { return format_.name; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  TraceReader() = default;
  static Result<TraceReader> begin(std::unique_ptr<std::istream> in, const std::string& path,
                                   std::string_view format, const TraceColumns& columns);
  Diagnostics choose(const std::string& path, std::string_view format, const TraceColumns& columns);
  Diagnostics place_columns(const std::string& path);
  bool next_raw(RawTraceRow& raw, std::string& unusable);
  bool next_line(RawTraceRow& raw, std::string& unusable);
  void skip(const std::string& reason) { ++skipped_[reason]; }

  std::unique_ptr<std::istream> in_;
  std::unique_ptr<CsvReader> csv_;
  CsvRow row_;
  std::string line_;
  TraceFormat format_{};
  TraceColumns columns_;
  std::vector<std::string> header_;
  int arrival_at_ = -1;
  int input_at_ = -1;
  int output_at_ = -1;
  std::string path_;
  double first_s_ = 0.0;
  double last_s_ = 0.0;
  bool any_ = false;
  std::uint64_t rows_ = 0;
  std::map<std::string, std::uint64_t> skipped_;
  Diagnostics problems_;
};

/// `2023-11-16 18:15:46.6805900`, with `T`, `Z` or an offset, or a plain number: seconds.
std::optional<double> trace_time_s(std::string_view text);

}  // namespace gpusize
