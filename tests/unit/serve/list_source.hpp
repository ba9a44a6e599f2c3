#pragma once
// Requests written down one by one, and when each of them ended.

#include <utility>
#include <vector>

#include "gpusize/serve/request.hpp"

namespace gpusize::test {

inline Request request_of(double arrival_s, std::int32_t input, std::int32_t output) {
  Request r;
  r.arrival_s = arrival_s;
  r.input = input;
  r.output = output;
  return r;
}

class ListSource : public RequestSource {
 public:
  explicit ListSource(std::vector<Request> requests) : requests_(std::move(requests)) {
    for (std::size_t i = 0; i < requests_.size(); ++i) requests_[i].index = i;
  }
  [[nodiscard]] double next_s() const override {
    return at_ < requests_.size() ? requests_[at_].arrival_s : kNeverS;
  }
  Request take() override { return requests_[at_++]; }
  void completed(const Request& request, double now_s) override {
    ends.resize(requests_.size());
    ends[request.index] = now_s;
  }
  std::vector<double> ends;

 private:
  std::vector<Request> requests_;
  std::size_t at_ = 0;
};

}  // namespace gpusize::test
