#include "gpusize/spec/kernel_row.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

struct TextColumn {
  std::string_view name;
  std::string KernelRow::*member;
};
constexpr std::array<TextColumn, 9> kTexts{{
    {"gpu", &KernelRow::gpu},
    {"op", &KernelRow::op},
    {"dtype", &KernelRow::dtype},
    {"kv_dtype", &KernelRow::kv_dtype},
    {"kernel", &KernelRow::kernel},
    {"variant", &KernelRow::variant},
    {"backend", &KernelRow::backend},
    {"distribution", &KernelRow::distribution},
    {"date", &KernelRow::date},
}};
constexpr std::size_t kOpColumn = 1;

struct NumberColumn {
  std::string_view name;
  double KernelRow::*member;
};
constexpr std::array<NumberColumn, 21> kNumbers{{
    {"us", &KernelRow::us},
    {"latency_us", &KernelRow::us},
    {"m", &KernelRow::m},
    {"n", &KernelRow::n},
    {"k", &KernelRow::k},
    {"batch", &KernelRow::batch},
    {"q_heads", &KernelRow::q_heads},
    {"kv_heads", &KernelRow::kv_heads},
    {"q_len", &KernelRow::q_len},
    {"kv_len", &KernelRow::kv_len},
    {"window", &KernelRow::window},
    {"head_dim", &KernelRow::head_dim},
    {"tokens", &KernelRow::tokens},
    {"hidden", &KernelRow::hidden},
    {"inter", &KernelRow::inter},
    {"experts", &KernelRow::experts},
    {"topk", &KernelRow::topk},
    {"tp", &KernelRow::tp},
    {"ep", &KernelRow::ep},
    {"gpus", &KernelRow::gpus},
    {"elements", &KernelRow::elements},
}};
constexpr std::size_t kTimes = 2;     // the first entries are times
constexpr double kLargest = 1e13;     // of any number of a row: beyond it is a slip
constexpr double kShortestUs = 1e-3;  // no kernel is shorter
constexpr double kLongestUs = 6e8;    // ten minutes

}  // namespace

bool is_kernel_header(std::string_view header_line) {
  bool op = false;
  bool time = false;
  for (const std::string& cell : split(header_line, ',')) {
    const std::string name = to_lower(trim(cell));
    op = op || name == "op" || name == "\xEF\xBB\xBFop";
    time = time || name == "us" || name == "latency_us";
  }
  return op && time;
}

bool is_kernel_file(const std::string& path) {
  if (no_regular_file(path)) return false;
  constexpr std::size_t kMostHeader = 4096;
  std::ifstream in(path, std::ios::binary);
  std::string head(kMostHeader, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return is_kernel_header(std::string_view(head).substr(0, head.find_first_of("\r\n")));
}

Result<KernelRowReader> KernelRowReader::open(const std::string& path) {
  if (auto problem = no_regular_file(path)) return std::move(*problem);
  KernelRowReader reader;
  reader.in_ = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*reader.in_) {
    return make_error("csv-unreadable",
                      fmt::format("cannot read \"{}\": {}", path, std::strerror(errno)),
                      {path, 0, 0});
  }
  reader.csv_ = std::make_unique<CsvReader>(*reader.in_, path);
  Diagnostics problems = reader.read_header(path);
  if (has_errors(problems)) return problems;
  return reader;
}

Diagnostics KernelRowReader::read_header(const std::string& path) {
  constexpr std::string_view kHint =
      "expected columns: gpu, op, dtype, us and those of the operation";
  if (!csv_->next(row_)) {
    if (!csv_->problems().empty()) return csv_->problems();
    return {make_error("csv-empty", fmt::format("\"{}\" has no header row", path), {path, 1, 1},
                       std::string(kHint))};
  }
  columns_ = row_.fields.size();
  text_place_.assign(kTexts.size(), -1);
  number_place_.assign(kNumbers.size(), -1);
  Diagnostics out;
  for (std::size_t i = 0; i < columns_; ++i) {
    const std::string name = to_lower(trim(row_.fields[i]));
    const auto take = [&](auto& columns, std::vector<int>& places) {
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (columns.at(c).name != name) continue;
        if (places[c] >= 0) {
          out.push_back(make_error("csv-duplicate-column",
                                   fmt::format("column \"{}\" appears twice", name),
                                   row_.at(path, i)));
        }
        places[c] = static_cast<int>(i);
      }
    };
    take(kTexts, text_place_);
    take(kNumbers, number_place_);
  }
  const bool timed = number_place_[0] >= 0 || number_place_[1] >= 0;
  if (text_place_[kOpColumn] < 0 || !timed) {
    out.push_back(make_error(
        "csv-missing-column",
        fmt::format("column \"{}\" is missing", text_place_[kOpColumn] < 0 ? "op" : "us"),
        {path, 1, 1}, std::string(kHint)));
  }
  return out;
}

bool KernelRowReader::next(KernelRow& out) {
  if (has_errors(problems_) || !csv_->next(row_)) {
    if (problems_.empty()) problems_ = csv_->problems();
    return false;
  }
  return fill(out);
}

bool KernelRowReader::fill(KernelRow& out) {
  const auto fault = [&](std::string message, std::size_t index, std::string hint = {}) {
    problems_.push_back(make_error("csv-number", std::move(message), row_.at(csv_->file(), index),
                                   std::move(hint)));
    return false;
  };
  if (row_.fields.size() != columns_) {
    problems_.push_back(make_error(
        "csv-columns", fmt::format("{} fields, the header has {}", row_.fields.size(), columns_),
        row_.at(csv_->file(), row_.fields.size())));
    return false;
  }
  out = KernelRow{};
  out.line = row_.line;
  for (std::size_t c = 0; c < kTexts.size(); ++c) {
    if (text_place_[c] >= 0)
      out.*kTexts.at(c).member = row_.fields[static_cast<std::size_t>(text_place_[c])];
  }
  bool timed = false;
  for (std::size_t c = 0; c < kNumbers.size(); ++c) {
    if (number_place_[c] < 0) continue;
    const auto index = static_cast<std::size_t>(number_place_[c]);
    const std::string_view cell = trim(row_.fields[index]);
    if (cell.empty()) continue;
    const auto value = parse_number(cell);
    const bool is_time = c < kTimes;
    if (!value || *value < 0.0 || *value > kLargest) {
      return fault(fmt::format("column \"{}\" is \"{}\", expected a number from 0 to 1e13",
                               kNumbers.at(c).name, printable(cell)),
                   index);
    }
    if (is_time && (*value < kShortestUs || *value > kLongestUs)) {
      return fault(fmt::format("column \"{}\" is \"{}\", expected microseconds, 0.001 to 6e8",
                               kNumbers.at(c).name, printable(cell)),
                   index);
    }
    out.*kNumbers.at(c).member = *value;
    if (is_time) {
      timed = true;
      out.us_column = row_.columns[index];
    }
  }
  if (!timed) {
    const int place = number_place_[0] >= 0 ? number_place_[0] : number_place_[1];
    return fault("the row has no time", static_cast<std::size_t>(place),
                 "leave the row out, or state its microseconds");
  }
  return true;
}

}  // namespace gpusize
