#include "gpusize/serve/trace_summary.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {
namespace {

constexpr std::size_t kMostHours = 24 * 31;
constexpr std::size_t kMostSlices = 240;
constexpr std::size_t kMostBlocks = 4'000'000;

/// Arrivals in equal slices that double in width when there are too many.
class Slices {
 public:
  void add(double at_s) {
    auto at = static_cast<std::size_t>(at_s / width_s_);
    while (at >= kMostSlices) {
      for (std::size_t i = 0; i < counts_.size(); ++i) {
        const double c = counts_[i];
        counts_[i] = 0.0;
        counts_[i / 2] += c;
      }
      counts_.resize((counts_.size() + 1) / 2);
      width_s_ *= 2.0;
      at = static_cast<std::size_t>(at_s / width_s_);
    }
    if (at >= counts_.size()) counts_.resize(at + 1, 0.0);
    counts_[at] += 1.0;
  }
  [[nodiscard]] std::vector<double> rates() const {
    std::vector<double> out = counts_;
    for (double& c : out) c /= width_s_;
    return out;
  }
  [[nodiscard]] double width_s() const { return width_s_; }

 private:
  std::vector<double> counts_;
  double width_s_ = 1.0;
};

/// Mean, variance and maximum of the arrivals in slices of one width, without keeping them.
class Counter {
 public:
  explicit Counter(double width_s) : width_s_(width_s) {}
  void add(double at_s) {
    const double slice = std::floor(at_s / width_s_);
    if (slice > slice_) {
      close();
      slices_ += slice - slice_ - 1.0;  // empty ones
      slice_ = slice;
    }
    in_slice_ += 1.0;
  }
  void close() {
    slices_ += 1.0;
    sum_ += in_slice_;
    squares_ += in_slice_ * in_slice_;
    most_ = std::max(most_, in_slice_);
    in_slice_ = 0.0;
  }
  [[nodiscard]] double peak_rate() const { return most_ / width_s_; }
  [[nodiscard]] double dispersion() const {
    const double mean = sum_ / slices_;
    return mean > 0.0 ? (squares_ / slices_ - mean * mean) / mean : 0.0;
  }

 private:
  double width_s_;
  double slice_ = 0.0;
  double in_slice_ = 0.0;
  double slices_ = 0.0;
  double sum_ = 0.0;
  double squares_ = 0.0;
  double most_ = 0.0;
};

struct Gaps {
  double count = 0.0;
  double mean = 0.0;
  double squares = 0.0;  ///< around the mean (Welford, 1962)
  void add(double gap) {
    count += 1.0;
    const double before = gap - mean;
    mean += before / count;
    squares += before * (gap - mean);
  }
  [[nodiscard]] double cv() const {
    return count > 1.0 && mean > 0.0 ? std::sqrt(squares / count) / mean : 0.0;
  }
};

}  // namespace

Result<TraceSummary> summarise_trace(const std::string& path, std::string_view format,
                                     const TraceColumns& columns) {
  auto reader = TraceReader::open(path, format, columns);
  if (!reader.ok()) return reader.errors();
  TraceSummary out;
  Slices course;
  Counter minutes(60.0);
  Counter tens(10.0);
  Gaps gaps;
  std::unordered_set<std::uint64_t> seen;
  double blocks = 0.0;
  double hits = 0.0;
  double last = 0.0;
  TraceRecord record;
  while (reader->next(record)) {
    if (out.requests > 0) gaps.add(record.arrival_s - last);
    last = record.arrival_s;
    ++out.requests;
    out.input.add(static_cast<double>(record.input));
    out.output.add(static_cast<double>(record.output));
    course.add(last);
    minutes.add(last);
    tens.add(last);
    const auto hour = static_cast<std::size_t>(last / 3600.0);
    if (hour < kMostHours) {
      if (hour >= out.hourly.size()) out.hourly.resize(hour + 1, 0.0);
      out.hourly[hour] += 1.0;
    }
    for (const std::uint64_t block : record.blocks) {
      blocks += 1.0;
      if (seen.contains(block)) {
        hits += 1.0;
      } else if (seen.size() < kMostBlocks) {
        seen.insert(block);
      }
    }
  }
  if (has_errors(reader->problems())) return reader->problems();
  minutes.close();
  tens.close();
  out.format = reader->format();
  out.rows = reader->rows();
  out.skipped = reader->skipped();
  out.duration_s = last;
  out.mean_rate = last > 0.0 ? static_cast<double>(out.requests) / last : 0.0;
  out.peak_minute_rate = minutes.peak_rate();
  out.gap_cv = gaps.cv();
  out.dispersion_10s = tens.dispersion();
  out.has_blocks = blocks > 0.0;
  out.prefix_reuse = blocks > 0.0 ? hits / blocks : 0.0;
  for (std::size_t h = 0; h < out.hourly.size(); ++h)
    out.hourly[h] /= std::min(3600.0, std::max(last - 3600.0 * static_cast<double>(h), 1.0));
  out.course = course.rates();
  out.slice_s = course.width_s();
  return out;
}

}  // namespace gpusize
