#include "gpusize/spec/bench_serve.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

constexpr double kMost = 1e12;  // of a count or time in milliseconds

/// `20260714-120000` to `2026-07-14`; empty when it is something else.
std::string iso_date(std::string_view text) {
  const bool digits = text.size() >= 8 && std::all_of(text.begin(), text.begin() + 8, [](char c) {
                        return std::isdigit(static_cast<unsigned char>(c)) != 0;
                      });
  if (!digits) return {};
  std::string out =
      fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
  return is_iso_date(out) ? out : std::string();
}

class RunReader {
 public:
  RunReader(Node run, Diagnostics& out) : run_(run), out_(out) {}

  std::string text(std::string_view key) {
    const Node node = run_.find(key);
    return node && node.is_scalar() ? std::string(node.text()) : std::string();
  }
  /// A number from `low`, or nothing when the key is missing or null.
  std::optional<double> number(std::string_view key, double low) {
    const Node node = run_.find(key);
    if (!node || node.is_null()) return {};
    const auto value = node.number();
    if (!value || *value < low || *value > kMost) {
      out_.push_back(make_error("bench-number",
                                fmt::format("\"{}\" is not a number of at least {:g}", key, low),
                                node.location()));
      return {};
    }
    return value;
  }
  double required(std::string_view key, double low) {
    const Node node = run_.find(key);
    if (!node) {
      out_.push_back(make_error("bench-missing", fmt::format("the run has no \"{}\"", key),
                                run_.location(),
                                "a result of vllm bench serve --save-result is expected"));
      return low;
    }
    return number(key, low).value_or(low);
  }

 private:
  Node run_;
  Diagnostics& out_;
};

constexpr double kLeastMs = 1e-6;

BenchRun read_run(Node node, Diagnostics& out) {
  RunReader reader(node, out);
  BenchRun run;
  run.where = node.location();
  run.model = reader.text("model_id");
  run.backend = reader.text("backend");
  if (run.backend.empty()) run.backend = reader.text("endpoint_type");
  run.date = iso_date(reader.text("date"));
  run.completed = reader.required("completed", 1.0);
  run.prompts = reader.number("num_prompts", 0.0).value_or(0.0);
  run.input_tokens = reader.required("total_input_tokens", 1.0);
  run.output_tokens = reader.required("total_output_tokens", 1.0);
  run.max_concurrency = reader.number("max_concurrency", 1.0);
  if (to_lower(reader.text("request_rate")) != "inf")
    run.request_rate = reader.number("request_rate", 0.0);
  run.mean_ttft_ms = reader.required("mean_ttft_ms", kLeastMs);
  // 0 when every answer has one token.
  const auto tpot = reader.number("mean_tpot_ms", 0.0);
  if (tpot && *tpot > 0.0) run.mean_tpot_ms = tpot;
  return run;
}

void read_runs(Node root, std::vector<BenchRun>& runs, Diagnostics& out) {
  if (root.is_sequence()) {
    for (const Node node : root) read_runs(node, runs, out);
    return;
  }
  if (!root.is_map()) {
    out.push_back(make_error("bench-missing", "a run is a JSON object", root.location()));
    return;
  }
  runs.push_back(read_run(root, out));
}

/// One object a line, as `--append-result` writes.
Diagnostics read_lines(const std::string& file, std::string_view text,
                       std::vector<BenchRun>& runs) {
  Diagnostics out;
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const auto document = read_json(file, line);
    Diagnostics problems;
    if (document.ok()) {
      read_runs(document->root(), runs, problems);
    } else {
      problems = document.errors();
    }
    for (Diagnostic& problem : problems) {
      problem.where.line = number;
      out.push_back(std::move(problem));
    }
    if (has_errors(out)) return out;
    runs.back().where.line = number;
  }
  return out;
}

bool has_line_of_its_own(std::string_view text) {
  const std::string_view all = trim(text);
  const std::size_t end = all.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view first = trim(all.substr(0, end));
  const std::string_view rest = trim(all.substr(end));
  return first.starts_with('{') && first.ends_with('}') && rest.starts_with('{');
}

}  // namespace

Result<std::vector<BenchRun>> parse_bench_serve(const std::string& file, std::string_view text) {
  std::vector<BenchRun> runs;
  Diagnostics problems;
  if (has_line_of_its_own(text)) {
    problems = read_lines(file, text, runs);
  } else {
    const auto document = read_json(file, text);
    if (!document.ok()) return document.errors();
    read_runs(document->root(), runs, problems);
  }
  if (has_errors(problems)) return problems;
  if (runs.empty()) return make_error("bench-missing", "the file holds no run", {file, 1, 1});
  return runs;
}

Result<std::vector<BenchRun>> read_bench_serve(const std::string& path) {
  const auto text = read_file(path);
  if (!text.ok()) return text.errors();
  return parse_bench_serve(path, *text);
}

}  // namespace gpusize
