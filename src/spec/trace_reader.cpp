#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"
#include "gpusize/spec/trace.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kLongestLine = 4U << 20;
constexpr double kMostTokens = 1e8;
constexpr double kLatest = 1e14;  // seconds of a clock: three million years

Diagnostic error(std::string code, std::string message, const std::string& path,
                 std::string hint = {}) {
  return make_error("trace-" + code, std::move(message), {path, 0, 0}, std::move(hint));
}

std::string known_formats() {
  std::string out;
  for (const TraceFormat& f : trace_formats())
    out += (out.empty() ? "" : ", ") + std::string(f.name);
  return out;
}

/// A line of bounded length; false at the end. A longer one is read to its end and comes back
/// empty.
bool read_line(std::istream& in, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  int c = in.get();
  if (c == std::istream::traits_type::eof()) return false;
  for (; c != std::istream::traits_type::eof() && c != '\n'; c = in.get()) {
    if (line.size() < kLongestLine) {
      line.push_back(static_cast<char>(c));
    } else {
      too_long = true;
    }
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return true;
}

std::optional<double> number_at(Node map, std::string_view key) {
  const Node node = map.find(key);
  if (!node || !node.is_scalar()) return {};
  return node.number();
}

const TraceFormat* by_name(std::string_view name) {
  for (const TraceFormat& f : trace_formats()) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

}  // namespace

Result<TraceReader> TraceReader::open(const std::string& path, std::string_view format,
                                      const TraceColumns& columns) {
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) return error("unreadable", fmt::format("cannot read \"{}\"", printable(path)), path);
  return begin(std::move(in), path, format, columns);
}

Result<TraceReader> TraceReader::from_text(std::string text, const std::string& file,
                                           std::string_view format, const TraceColumns& columns) {
  return begin(std::make_unique<std::istringstream>(std::move(text)), file, format, columns);
}

Result<TraceReader> TraceReader::begin(std::unique_ptr<std::istream> in, const std::string& path,
                                       std::string_view format, const TraceColumns& columns) {
  TraceReader reader;
  reader.path_ = path;
  reader.in_ = std::move(in);
  if (reader.in_->peek() == std::istream::traits_type::eof())
    return error("empty", "the trace is empty", path);
  if (Diagnostics problems = reader.choose(path, format, columns); has_errors(problems))
    return problems;
  return reader;
}

Diagnostics TraceReader::choose(const std::string& path, std::string_view format,
                                const TraceColumns& columns) {
  columns_ = columns;
  if (!format.empty() && format != "csv" && by_name(format) == nullptr) {
    return {error("format", fmt::format("unknown trace format \"{}\"", printable(format)), path,
                  "one of: " + known_formats() + ", csv")};
  }
  const bool json = in_->peek() == '{';
  if (json) {
    bool too_long = false;
    read_line(*in_, line_, too_long);
    const auto first = read_json(path, line_);
    in_->clear();
    in_->seekg(0);
    if (!first.ok() && format.empty() && columns.arrival.empty())
      return {error("format", "the first line is no JSON object", path, "one object per line")};
    const TraceFormat* found = by_name(format);
    for (const TraceFormat& f : trace_formats()) {
      if (found != nullptr || !f.json_lines || !first.ok()) continue;
      if (first->root().find(f.input) && first->root().find(f.output)) found = &f;
    }
    if (found != nullptr) format_ = *found;
    if (found == nullptr && columns.arrival.empty())
      return {error("format", "the first line has the keys of no known format", path,
                    "known: " + known_formats() + "; or name arrival, input and output keys")};
    format_.json_lines = true;
    if (found == nullptr) format_.name = "jsonl";
  } else {
    csv_ = std::make_unique<CsvReader>(*in_, path);
    if (!csv_->next(row_)) {
      Diagnostics problems = csv_->problems();
      if (problems.empty()) problems.push_back(error("empty", "the trace is empty", path));
      return problems;
    }
    header_ = row_.fields;
    const auto has = [&](std::string_view name) {
      return std::any_of(header_.begin(), header_.end(),
                         [&](const std::string& h) { return trim(h) == name; });
    };
    const TraceFormat* found = by_name(format);
    for (const TraceFormat& f : trace_formats()) {
      if (found == nullptr && !f.json_lines && has(f.arrival) && has(f.input) && has(f.output))
        found = &f;
    }
    if (found != nullptr) format_ = *found;
    if (found == nullptr && columns.arrival.empty())
      return {
          error("format", "the header is that of no known trace", path,
                "known: " + known_formats() + "; or name the arrival, input and output columns")};
    if (found == nullptr) format_.name = "csv";
  }
  if (columns_.arrival.empty()) {
    columns_ = {std::string(format_.arrival), std::string(format_.input),
                std::string(format_.output), format_.arrival_unit_s};
  }
  return csv_ ? place_columns(path) : Diagnostics{};
}

Diagnostics TraceReader::place_columns(const std::string& path) {
  Diagnostics problems;
  const auto place = [&](const std::string& name) {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (trim(header_[i]) == name) return static_cast<int>(i);
    }
    problems.push_back(error("column", fmt::format("no column \"{}\"", printable(name)), path,
                             did_you_mean(name, header_)));
    return -1;
  };
  arrival_at_ = place(columns_.arrival);
  input_at_ = place(columns_.input);
  output_at_ = place(columns_.output);
  return problems;
}

bool TraceReader::next_line(RawTraceRow& raw, std::string& unusable) {
  bool too_long = false;
  if (!read_line(*in_, line_, too_long)) return false;
  const bool last = in_->eof();
  if (trim(line_).empty()) {
    unusable = "blank";
    return true;
  }
  const auto document =
      too_long ? Result<Document>(make_error("trace-line", "too long")) : read_json(path_, line_);
  if (!document.ok() || !document->root().is_map()) {
    unusable = too_long ? "line too long" : last ? "line cut short" : "no JSON object";
    return true;
  }
  const Node root = document->root();
  const Node time = root.find(columns_.arrival);
  if (time && time.is_scalar())
    raw.time_s = time.number() ? time.number() : trace_time_s(time.text());
  raw.input = number_at(root, columns_.input);
  raw.output = number_at(root, columns_.output);
  const Node blocks = format_.blocks.empty() ? Node{} : root.find(format_.blocks);
  if (blocks && blocks.is_sequence()) {
    raw.block_tokens = format_.block_tokens;
    for (const Node b : blocks) {
      const auto id = b.integer();
      if (!id) break;
      raw.blocks.push_back(static_cast<std::uint64_t>(*id));
    }
  }
  return true;
}

bool TraceReader::next_raw(RawTraceRow& raw, std::string& unusable) {
  raw = {};
  unusable.clear();
  if (!csv_) return next_line(raw, unusable);
  if (!csv_->next(row_)) {
    problems_ = csv_->problems();
    return false;
  }
  const auto most = static_cast<std::size_t>(std::max({arrival_at_, input_at_, output_at_}));
  if (row_.fields.size() <= most) {
    unusable = "line cut short";
    return true;
  }
  const auto field = [&](int at) { return row_.fields[static_cast<std::size_t>(at)]; };
  raw.time_s = trace_time_s(field(arrival_at_));
  raw.input = parse_number(trim(field(input_at_)));
  raw.output = parse_number(trim(field(output_at_)));
  return true;
}

bool TraceReader::next(TraceRecord& out) {
  RawTraceRow raw;
  std::string unusable;
  while (next_raw(raw, unusable)) {
    if (unusable == "blank") continue;
    ++rows_;
    if (!unusable.empty()) {
      skip(unusable);
      continue;
    }
    if (!raw.time_s || !(std::abs(*raw.time_s) < kLatest)) {
      skip("no time");
      continue;
    }
    if (!raw.input || !raw.output) {
      skip("a length is no number");
      continue;
    }
    if (*raw.input < 1.0 || *raw.output < 1.0) {
      skip(*raw.output == 0.0 ? "no output (failed request)" : "a length below 1");
      continue;
    }
    if (*raw.input > kMostTokens || *raw.output > kMostTokens) {
      skip("a length above 100 million");
      continue;
    }
    const double at = *raw.time_s * columns_.arrival_unit_s;
    if (!any_) first_s_ = last_s_ = at;
    if (at < last_s_) {
      skip("earlier than the row above");
      continue;
    }
    any_ = true;
    last_s_ = at;
    out.arrival_s = at - first_s_;
    out.input = static_cast<std::int64_t>(*raw.input);
    out.output = static_cast<std::int64_t>(*raw.output);
    out.blocks = std::move(raw.blocks);
    out.block_tokens = raw.block_tokens;
    return true;
  }
  if (!any_ && problems_.empty()) {
    problems_.push_back(error("empty", fmt::format("none of {} rows is usable", rows_), path_,
                              skipped_.empty() ? "" : "first reason: " + skipped_.begin()->first));
  }
  return false;
}

}  // namespace gpusize
