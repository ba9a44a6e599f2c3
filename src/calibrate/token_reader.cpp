#include "calibrate/token_reader.hpp"

#include <algorithm>
#include <cstddef>

namespace gpusize::calibrate {
namespace {

/// A time at which the flow of tokens changes.
struct Turn {
  double at_s;
  std::size_t answer;
  bool begins;
};

}  // namespace

void TokenReader::answer(double first_s, double last_s, std::int32_t tokens) {
  answers_.push_back({first_s, std::max(first_s, last_s), static_cast<double>(tokens)});
}

std::vector<double> TokenReader::delays() const {
  std::vector<Turn> turns;
  turns.reserve(2 * answers_.size());
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    turns.push_back({answers_[i].first_s, i, true});
    turns.push_back({answers_[i].last_s, i, false});
  }
  std::sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) {
    if (a.at_s != b.at_s) return a.at_s < b.at_s;
    return a.begins != b.begins ? a.begins : a.answer < b.answer;
  });
  std::vector<double> out(answers_.size(), 0.0);
  double now_s = 0.0;
  double flow = 0.0;  // tokens a second
  double work_s = 0.0;
  for (const Turn& turn : turns) {
    const double passed = turn.at_s - now_s;
    work_s = std::max(0.0, work_s + (flow * per_token_s_ - 1.0) * passed);
    now_s = turn.at_s;
    const Answer& a = answers_[turn.answer];
    const double length = a.last_s - a.first_s;
    const double rate = length > 0.0 ? (a.tokens - 1.0) / length : 0.0;
    if (turn.begins) {
      work_s += per_token_s_;  // the first token
      if (length <= 0.0) work_s += (a.tokens - 1.0) * per_token_s_;
      flow += rate;
    } else {
      flow = std::max(0.0, flow - rate);
      out[turn.answer] = work_s;
    }
  }
  return out;
}

TokenReader::Seen TokenReader::seen() const {
  Seen seen;
  if (answers_.empty()) return seen;
  const std::vector<double> late = delays();
  double streamed = 0.0;
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const Answer& a = answers_[i];
    seen.delay_s += late[i];
    seen.end_s = std::max(seen.end_s, a.last_s + late[i]);
    if (a.tokens < 2.0) continue;
    seen.tpot_s += (a.last_s + late[i] - a.first_s) / (a.tokens - 1.0);
    streamed += 1.0;
  }
  seen.delay_s /= static_cast<double>(answers_.size());
  if (streamed > 0.0) seen.tpot_s /= streamed;
  return seen;
}

}  // namespace gpusize::calibrate
