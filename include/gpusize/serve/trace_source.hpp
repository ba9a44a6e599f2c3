#pragma once
// Requests of a trace, in its own time or faster: read while the simulation runs, so that memory
// does not grow with the file.

#include <optional>
#include <string>
#include <unordered_set>

#include "gpusize/serve/request.hpp"
#include "gpusize/spec/trace.hpp"

namespace gpusize {

struct TraceOptions {
  std::string path;
  std::string format;  ///< empty: found by the header
  TraceColumns columns;
  double scale = 1.0;   ///< requests per second times so many (gaps shrink)
  double from_s = 0.0;  ///< window, in the trace's own time
  double to_s = kNeverS;
  std::uint64_t requests = 0;  ///< stop after so many; 0: all
  bool loop = false;           ///< begin again at the end, until `requests`
};

class TraceSource : public RequestSource {
 public:
  static Result<TraceSource> open(const TraceOptions& options);

  [[nodiscard]] double next_s() const override { return has_next_ ? next_.arrival_s : kNeverS; }
  Request take() override;

  [[nodiscard]] const TraceReader& reader() const { return *reader_; }

 private:
  TraceSource() = default;
  void advance();
  void fill(const TraceRecord& record);

  TraceOptions options_;
  std::optional<TraceReader> reader_;
  Request next_;
  bool has_next_ = false;
  double offset_s_ = 0.0;  ///< where this round of the loop begins, scaled
  double last_s_ = 0.0;
  std::uint64_t given_ = 0;
  std::unordered_set<std::uint64_t> seen_;  ///< block hashes, at most kMostBlocks of them
};

}  // namespace gpusize
