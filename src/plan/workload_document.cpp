#include "gpusize/plan/workload_document.hpp"

#include <fmt/format.h>

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/workload-1.schema.json";

class WorkloadWriter {
 public:
  WorkloadWriter(ObjectWriter root, const std::string& path, const TraceSummary& summary)
      : root_(root), path_(path), s_(summary) {}

  void write() {
    root_.text("format", s_.format);
    count(root_, "rows", s_.rows, "rows read");
    count(root_, "requests", s_.requests, "usable rows");
    root_.list("skipped");
    for (const auto& [reason, rows] : s_.skipped) {
      ObjectWriter row = root_.append("skipped");
      row.text("reason", reason);
      count(row, "rows", rows, "rows left out for this reason");
    }
    number(root_, "duration_s", s_.duration_s, "s", "first to last arrival");
    number(root_, "mean_req_per_s", s_.mean_rate, "1/s", "requests over the duration");
    number(root_, "peak_minute_req_per_s", s_.peak_minute_rate, "1/s", "the busiest minute");
    number(root_, "gap_cv", s_.gap_cv, "", "standard deviation of the gaps over their mean");
    const double burstiness = s_.gap_cv > 0.0 ? 1.0 / (s_.gap_cv * s_.gap_cv) : 0.0;
    number(root_, "burstiness", burstiness, "", "gamma shape of the same variation: 1 / gap_cv^2");
    number(root_, "dispersion_10s", s_.dispersion_10s, "",
           "variance over mean of arrivals in 10 s slices: 1 is Poisson");
    lengths("input_tokens", s_.input, "prompt");
    lengths("output_tokens", s_.output, "answer");
    if (s_.has_blocks) {
      number(root_, "prefix_reuse_share", s_.prefix_reuse, "",
             "prompt blocks that came before in the trace: hits of an endless cache");
    } else {
      root_.null("prefix_reuse_share");
    }
    series("hourly", s_.hourly, 3600.0);
    series("over_time", s_.course, s_.slice_s);
    root_.list("not_assessed");
    if (!s_.has_blocks) {
      ObjectWriter row = root_.append("not_assessed");
      row.text("what", "prefix reuse");
      row.text("reason", "the trace has no hashes of the prompts");
    }
  }

 private:
  Why why(std::string_view key, double value, std::string_view unit, std::string_view what) const {
    return why_search(std::string(key), value, std::string(unit),
                      fmt::format("measured over the trace {}: {}", path_, what), {});
  }
  void number(ObjectWriter& out, std::string_view key, double value, std::string_view unit,
              std::string_view what) const {
    out.number(key, value, why(key, value, unit, what));
  }
  void count(ObjectWriter& out, std::string_view key, std::uint64_t value,
             std::string_view what) const {
    out.integer(key, static_cast<std::int64_t>(value),
                why(key, static_cast<double>(value), "", what));
  }
  void lengths(std::string_view key, const Metric& m, std::string_view what) {
    ObjectWriter out = root_.object(key);
    const Summary s = m.summary();
    const auto row = [&](std::string_view name, double value) {
      number(out, name, value, "tokens", fmt::format("{} lengths, {}", what, name));
    };
    row("mean", s.mean);
    row("p50", s.p50);
    row("p90", s.p90);
    row("p95", s.p95);
    row("p99", s.p99);
  }
  void series(std::string_view key, const std::vector<double>& rates, double width_s) {
    root_.list(key);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      ObjectWriter out = root_.append(key);
      number(out, "from_s", static_cast<double>(i) * width_s, "s", "start of the slice");
      number(out, "arrivals_per_s", rates[i], "1/s", "arrivals in the slice");
    }
  }

  ObjectWriter root_;
  const std::string& path_;
  const TraceSummary& s_;
};

}  // namespace

ResultDocument workload_document(const Catalog& catalog, const std::string& path,
                                 const TraceSummary& summary) {
  ResultDocument document(kSchema, "workload");
  document.root().object("catalog").text("version", catalog.version());
  WorkloadWriter(document.root(), path, summary).write();
  return document;
}

}  // namespace gpusize
