#pragma once
// What the requests of a workload ask of one scheduler, as the closed form counts it: their prompts
// with what each adds to the steps it is in, and the lengths of their answers.

#include <vector>

#include "gpusize/serve/closed_form.hpp"
#include "serve/strata.hpp"

namespace gpusize {

struct ServedWork {
  /// What one prompt costs the steps it is in.
  struct Prompt {
    double weight;
    double alone_s;  ///< on an idle scheduler
    double added_s;  ///< to steps with decodes
    double chunks;
  };
  struct Moments {
    double mean = 0.0;
    double square = 0.0;
  };

  std::vector<Prompt> prompts;
  std::vector<Stratum> answers;  ///< tokens
  Moments added;                 ///< of what prompts add, seconds
  double chunks_mean = 0.0;
  double budget_share = 0.0;  ///< steps' budgets that a mean prompt fills
  double size_scv = 1.0;      ///< squared variation of a request's stay
  double steps = 0.0;         ///< decode steps of a mean request
  double context = 0.0;       ///< tokens in the cache of a running request, mean over time
};

/// Step times are asked of `times` alone.
ServedWork served_work(StepTimes& times, const Workload& workload, const ClosedFormInput& input);

}  // namespace gpusize
