#pragma once
// Options of `train` and of `estimate --phase train`.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "cli/estimate_options.hpp"
#include "gpusize/plan/train_document.hpp"

namespace gpusize::cli {

/// Numbers come as text: lengths may be written 4k, token counts 2T, durations 30d.
struct TrainOptions {
  TrainRequest request;
  std::string tokens, sequence, global_batch, deadline, budget, price_basis = "on-demand";
};

/// What is trained and how: everything but model, cards and degrees that `estimate` has already.
void add_run_options(CLI::App& app, TrainOptions& options);
/// One point in the words of `estimate`: its degrees stand for the layout.
Result<TrainRequest> point_request(const EstimateOptions& estimate, const TrainOptions& options);
/// Fills the numbers that came as text.
Result<TrainRequest> read_request(const TrainOptions& options);
/// Loads what the request names, writes its document, and gives the exit code.
int answer_training(const TrainRequest& request, const CommonOptions& common);

}  // namespace gpusize::cli
