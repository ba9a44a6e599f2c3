#pragma once
// The load generator's side of a burst: one process reads every token of every answer, and tokens
// that come faster than it reads wait for it.

#include <cstdint>
#include <vector>

namespace gpusize::calibrate {

/// Answers in any order. Tokens of an answer come evenly between its first and its last; all that
/// wait are read in the order of coming, at one a `per_token_s`. The first token of an answer is
/// read when it comes: a new stream is served in turn with those that have a backlog.
class TokenReader {
 public:
  explicit TokenReader(double per_token_s) : per_token_s_(per_token_s) {}

  void answer(double first_s, double last_s, std::int32_t tokens);

  struct Seen {
    double tpot_s = 0.0;   ///< mean over the answers of two and more tokens
    double delay_s = 0.0;  ///< mean over all answers: how long after it came a last token is read
    double end_s = 0.0;    ///< when the last token of all is read
  };
  [[nodiscard]] Seen seen() const;

 private:
  struct Answer {
    double first_s;
    double last_s;
    double tokens;
  };
  /// How long the last token of each answer waits, by Lindley's recursion on the work that has come
  /// and not been done.
  [[nodiscard]] std::vector<double> delays() const;

  double per_token_s_;
  std::vector<Answer> answers_;
};

}  // namespace gpusize::calibrate
