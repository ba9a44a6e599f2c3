#include "gpusize/serve/trace_source.hpp"

#include <algorithm>

namespace gpusize {
namespace {

constexpr std::size_t kMostBlocks = 4'000'000;
constexpr std::uint64_t kKeepAll = 1ULL << 63;  // the stream holds whole prompts, as sessions do

}  // namespace

Result<TraceSource> TraceSource::open(const TraceOptions& options) {
  TraceSource source;
  source.options_ = options;
  auto reader = TraceReader::open(options.path, options.format, options.columns);
  if (!reader.ok()) return reader.errors();
  source.reader_.emplace(std::move(reader).value());
  source.advance();
  if (!source.has_next_) {
    if (has_errors(source.reader_->problems())) return source.reader_->problems();
    return make_error("trace-window", "the window holds no request", {options.path, 0, 0});
  }
  return source;
}

void TraceSource::fill(const TraceRecord& record) {
  next_ = {};
  next_.arrival_s = offset_s_ + (record.arrival_s - options_.from_s) / options_.scale;
  next_.input = static_cast<std::int32_t>(std::min<std::int64_t>(record.input, 100'000'000));
  next_.output = static_cast<std::int32_t>(std::min<std::int64_t>(record.output, 100'000'000));
  next_.index = given_;
  if (record.blocks.empty()) return;
  std::int64_t shared = 0;
  for (const std::uint64_t block : record.blocks) {
    if (!seen_.contains(block)) break;
    shared += record.block_tokens;
  }
  next_.shared = static_cast<std::int32_t>(std::min<std::int64_t>(shared, record.input));
  next_.stream = kKeepAll | record.blocks.front();
  if (seen_.size() < kMostBlocks) seen_.insert(record.blocks.begin(), record.blocks.end());
}

void TraceSource::advance() {
  has_next_ = false;
  if (options_.requests > 0 && given_ >= options_.requests) return;
  TraceRecord record;
  for (int round = 0; round < 2; ++round) {
    while (reader_->next(record)) {
      if (record.arrival_s < options_.from_s) continue;
      if (record.arrival_s >= options_.to_s) break;
      fill(record);
      last_s_ = next_.arrival_s;
      has_next_ = true;
      return;
    }
    if (!options_.loop || options_.requests == 0 || given_ == 0) return;
    auto again = TraceReader::open(options_.path, options_.format, options_.columns);
    if (!again.ok()) return;
    reader_.emplace(std::move(again).value());
    offset_s_ = last_s_;
  }
}

Request TraceSource::take() {
  const Request out = next_;
  ++given_;
  advance();
  return out;
}

}  // namespace gpusize
