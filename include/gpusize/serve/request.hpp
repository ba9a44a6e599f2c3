#pragma once
// One request as a client sends it, and where requests come from.

#include <cstdint>
#include <limits>
#include <vector>

namespace gpusize {

inline constexpr double kNeverS = std::numeric_limits<double>::infinity();

/// Lengths are tokens. `stream` names what the prompt's start is shared with (a system prompt, a
/// session); 0: nothing. The first `shared` tokens of the prompt are that stream's.
struct Request {
  double arrival_s = 0.0;
  std::int32_t input = 1;
  std::int32_t output = 1;
  std::int32_t cached = 0;  ///< prompt tokens that are in the cache wherever it runs
  std::int32_t shared = 0;  ///< prompt tokens that are hits where the stream was seen before
  std::uint64_t stream = 0;
  std::uint32_t class_index = 0;
  std::int32_t turn = 0;  ///< turns left in its session
  std::uint64_t index = 0;
  std::uint64_t session = 0;
};

/// Requests in order of arrival. A source may learn of completions (sessions, closed loops), so its
/// next arrival is known only up to what has completed.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// Arrival of the next request, or kNeverS when none is known now.
  [[nodiscard]] virtual double next_s() const = 0;
  /// That request; only when next_s() is a time.
  virtual Request take() = 0;
  /// A request got its last token at `now_s`.
  virtual void completed(const Request& request, double now_s) {
    (void)request;
    (void)now_s;
  }
};

}  // namespace gpusize
