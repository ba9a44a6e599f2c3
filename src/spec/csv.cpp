#include "gpusize/spec/csv.hpp"

#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kChunk = 1 << 16;

bool is_row_end(int byte) { return byte == '\n' || byte == '\r'; }

}  // namespace

Location CsvRow::at(std::string_view file, std::size_t index) const {
  return {std::string(file), line, index < columns.size() ? columns[index] : 1};
}

CsvReader::CsvReader(std::istream& in, std::string file, CsvLimits limits)
    : in_(in), file_(std::move(file)), limits_(limits), buffer_(kChunk) {
  if (peek() == 0xEF) {  // a byte order mark, or a broken first character, reported as such
    if (filled_ >= 3 && std::string_view(buffer_.data(), 3) == "\xEF\xBB\xBF") at_ = 3;
  }
}

int CsvReader::peek() {
  if (at_ == filled_) {
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    filled_ = static_cast<std::size_t>(in_.gcount());
    total_ += filled_;
    at_ = 0;
    if (filled_ == 0) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int CsvReader::take() {
  const int byte = peek();
  if (byte == kEnd) return kEnd;
  ++at_;
  ++row_bytes_;
  if (byte == '\n') {
    ++line_;
    column_ = 1;
  } else {
    ++column_;
  }
  return byte;
}

bool CsvReader::fault(std::string code, std::string message, int line, int column,
                      std::string hint) {
  problems_.push_back(
      make_error(std::move(code), std::move(message), {file_, line, column}, std::move(hint)));
  return false;
}

bool CsvReader::append(std::string& field, int byte) {
  if (byte == 0)
    return fault("csv-nul", "a zero byte; this is not a text file", line_, column_ - 1);
  if (row_bytes_ > limits_.row_bytes) {
    return fault("csv-too-large", fmt::format("a row of more than {} KiB", limits_.row_bytes >> 10),
                 line_, column_, "is a closing quote missing above?");
  }
  field.push_back(static_cast<char>(byte));
  return true;
}

bool CsvReader::read_quoted(std::string& field) {
  const int line = line_;
  const int column = column_;
  take();  // the opening quote
  for (;;) {
    const int byte = take();
    if (byte == kEnd)
      return fault("csv-quote", "a quoted field is not closed", line, column, "add the closing \"");
    if (byte == '"') {
      if (peek() != '"') break;
      take();
    }
    if (!append(field, byte)) return false;
  }
  const int after = peek();
  if (after == ',' || after == kEnd || is_row_end(after)) return true;
  return fault("csv-quote", "text after a closing quote", line_, column_,
               "double the quotes inside a quoted field: \"\"");
}

bool CsvReader::read_plain(std::string& field) {
  for (int byte = peek(); byte != ',' && byte != kEnd && !is_row_end(byte); byte = peek()) {
    if (byte == '"') {
      return fault("csv-quote", "a quote inside an unquoted field", line_, column_,
                   "quote the whole field and double the quotes inside");
    }
    take();
    if (!append(field, byte)) return false;
  }
  return true;
}

bool CsvReader::read_row(CsvRow& row) {
  std::size_t used = 0;
  for (;;) {
    if (used == limits_.fields) {
      return fault("csv-too-large", fmt::format("more than {} fields in a row", limits_.fields),
                   line_, column_);
    }
    if (used == row.fields.size()) row.fields.emplace_back();
    if (used == row.columns.size()) row.columns.push_back(0);
    std::string& field = row.fields[used];
    field.clear();
    const int line = line_;
    row.columns[used] = column_;
    ++used;
    if (!(peek() == '"' ? read_quoted(field) : read_plain(field))) return false;
    if (!is_valid_utf8(field)) {
      return fault("csv-encoding", fmt::format("\"{}\" is not UTF-8", printable(field)), line,
                   row.columns[used - 1], "save the file as UTF-8");
    }
    const int separator = take();
    if (separator == ',') continue;
    if (separator == '\r' && peek() == '\n') take();
    if (separator == '\r' && column_ != 1) {  // a lone carriage return ends a line too
      ++line_;
      column_ = 1;
    }
    break;
  }
  row.fields.resize(used);
  row.columns.resize(used);
  return true;
}

bool CsvReader::next(CsvRow& row) {
  while (problems_.empty() && peek() != kEnd) {
    if (total_ > limits_.file_bytes) {
      return fault("csv-too-large",
                   fmt::format("the file is larger than {} MiB", limits_.file_bytes >> 20), line_,
                   1);
    }
    row_bytes_ = 0;
    row.line = line_;
    if (!read_row(row)) return false;
    if (row.fields.size() > 1 || !row.fields.front().empty()) return true;
  }
  if (problems_.empty() && in_.bad()) fault("csv-unreadable", "reading failed", line_, column_);
  return false;
}

}  // namespace gpusize
