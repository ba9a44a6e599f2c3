#include "gpusize/calibrate/calibrate.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

enum class FileKind : std::uint8_t { kKernels, kBench, kMemoryLog };

constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kMostProblems = 20;  // shown of one run; the rest are counted

Result<FileKind> kind_of(const std::string& path) {
  if (auto problem = no_regular_file(path)) return std::move(*problem);
  if (is_kernel_file(path)) return FileKind::kKernels;
  std::ifstream in(path, std::ios::binary);
  std::string head(kHeadBytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  const std::string_view text = trim(head);
  if (text.starts_with('{') || text.starts_with('[')) {
    // A log line may begin with a bracket; a result begins with a name or an object.
    const std::string_view inside = trim(text.substr(1));
    if (inside.starts_with('"') || inside.starts_with('{')) return FileKind::kBench;
  }
  if (to_lower(path).ends_with(".csv")) {
    return make_error("cal-file", fmt::format("\"{}\" is no list of timed kernels", path),
                      {path, 1, 1},
                      "columns op, dtype, us and the operation's sizes, as gpusize-probe writes; "
                      "measured runs are for gpusize validate");
  }
  return FileKind::kMemoryLog;
}

/// Impossible rows are errors, or are counted when asked for.
class Problems {
 public:
  explicit Problems(bool leave_out) : leave_out_(leave_out) {}

  void take(std::optional<Diagnostic> problem) {
    if (!problem) return;
    if (leave_out_ && problem->code == "cal-physics") {
      ++left_out_;
      return;
    }
    if (found_.size() < kMostProblems) {
      found_.push_back(std::move(*problem));
    } else {
      ++more_;
    }
  }
  void take(const Diagnostics& problems) {
    for (const Diagnostic& problem : problems) take(problem);
  }
  [[nodiscard]] Diagnostics all() const {
    Diagnostics out = found_;
    if (more_ > 0)
      out.push_back(make_error("cal-more", fmt::format("and {} more rows of this kind", more_)));
    return out;
  }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  bool leave_out_;
  Diagnostics found_;
  std::size_t more_ = 0;
  std::size_t left_out_ = 0;
};

void read_kernels(const std::string& path, RateFitter& fitter, Problems& problems) {
  auto reader = KernelRowReader::open(path);
  if (!reader.ok()) {
    problems.take(reader.errors());
    return;
  }
  KernelRow row;
  while (reader->next(row)) problems.take(fitter.add(path, row));
  problems.take(reader->problems());
}

void read_bench(const std::string& path, EngineFitter& fitter, std::string& newest,
                Problems& problems) {
  const auto runs = read_bench_serve(path);
  if (!runs.ok()) {
    problems.take(runs.errors());
    return;
  }
  for (const BenchRun& run : *runs) {
    problems.take(fitter.add(run));
    newest = std::max(newest, run.date);
  }
}

void read_log(const std::string& path, EngineFitter& fitter, Problems& problems) {
  const auto log = read_memory_log(path);
  if (!log.ok()) {
    problems.take(log.errors());
    return;
  }
  problems.take(fitter.add(path, *log));
}

std::vector<std::string> base_names(const std::vector<std::string>& files) {
  std::vector<std::string> out;
  for (const std::string& file : files) out.push_back(file.substr(file.find_last_of('/') + 1));
  return out;
}

/// The fitted numbers as facts with their source; what stayed as shipped keeps its own.
void state_facts(EngineFit& fit, const std::string& date, const std::vector<std::string>& files) {
  const Source source{"gpusize calibrate", fmt::format("{}", fmt::join(base_names(files), ", ")),
                      date};
  for (const FittedParameter& p : fit.parameters) {
    for (EngineFact& fact : fit.profile.facts) {
      if (fact.key != p.name || !p.fitted) continue;
      fact.value = p.after;
      fact.source = source;
      fact.kind = NumberKind::kEstimated;
      fact.confidence = Confidence::kDerived;
      fact.note = fmt::format("fitted; {:g} as shipped", p.before);
    }
  }
}

Result<std::string> date_of(const CalibrationRequest& request, const std::string& newest) {
  const std::string date = request.date.empty() ? newest : request.date;
  if (is_iso_date(date)) return date;
  return make_error("cal-date",
                    date.empty() ? std::string("no file states when it was measured")
                                 : fmt::format("\"{}\" is no date", printable(date)),
                    {}, "--date YYYY-MM-DD");
}

}  // namespace

Result<Calibration> calibrate_files(const Catalog& catalog, const CalibrationRequest& request) {
  const auto gpu = catalog.find_gpu(request.deployment.gpu);
  if (!gpu.ok()) return gpu.errors();
  Problems problems(request.leave_out_impossible);
  std::vector<std::pair<std::string, FileKind>> files;
  for (const std::string& path : request.files) {
    const auto kind = kind_of(path);
    if (kind.ok()) {
      files.emplace_back(path, *kind);
    } else {
      problems.take(kind.errors());
    }
  }
  RateFitter rates(catalog, *gpu->entry);
  for (const auto& [path, kind] : files) {
    if (kind == FileKind::kKernels) read_kernels(path, rates, problems);
  }
  if (has_errors(problems.all())) return problems.all();
  Calibration out;
  out.gpu = gpu->entry->id;
  out.rates = rates.fit();
  MeasuredDeployment deployment = request.deployment;
  deployment.gpu = out.gpu;
  EngineFitter engine(catalog, deployment, out.rates ? &out.rates->rates : nullptr);
  std::string newest = rates.newest();
  for (const auto& [path, kind] : files) {
    if (kind == FileKind::kBench) read_bench(path, engine, newest, problems);
    if (kind == FileKind::kMemoryLog) read_log(path, engine, problems);
  }
  if (has_errors(problems.all())) return problems.all();
  out.engine = engine.fit();
  out.not_assessed = engine.unused();
  out.impossible = problems.left_out();
  if (!out.rates && !out.engine) {
    return make_error("cal-nothing", "no row or run of these files can be fitted", {},
                      "docs/calibrate.md says what is read");
  }
  const auto date = date_of(request, newest);
  if (!date.ok()) return date.errors();
  out.date = *date;
  if (out.rates)
    out.rates_file = rates_overlay(*out.rates, *gpu->entry, out.date, base_names(request.files));
  if (out.engine) {
    state_facts(*out.engine, out.date, request.files);
    out.engine_file = engine_overlay(out.engine->profile);
  }
  return out;
}

}  // namespace gpusize
