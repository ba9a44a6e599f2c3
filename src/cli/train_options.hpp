#pragma once
// Options of `train` and of `estimate --phase train`.

#include <set>
#include <string>

#include "cli/command.hpp"
#include "cli/estimate_options.hpp"
#include "gpusize/plan/train_document.hpp"

namespace gpusize::cli {

/// Numbers come as text: lengths may be written 4k, token counts 2T, durations 30d.
struct TrainOptions {
  TrainRequest request;
  std::string tokens, sequence, global_batch, deadline, budget, price_basis = "on-demand";
  std::string dataset, prompt, response, longest, round_sequences;
};

/// What is trained and how: everything but model, cards and degrees that `estimate` has already.
void add_run_options(Parser& app, TrainOptions& options);
/// DPO, GRPO and PPO.
void add_post_options(Parser& app, TrainOptions& options);
/// One point in the words of `estimate`: its degrees stand for the layout.
Result<TrainRequest> point_request(const EstimateOptions& estimate, const TrainOptions& options);
/// Fills the numbers that came as text.
Result<TrainRequest> read_request(const TrainOptions& options);
/// The fields of the request that were given as options, by their names in `inputs`.
std::set<std::string, std::less<>> given_fields(const Parser& app);

/// A request with what its files say, and its model.
struct LoadedTraining {
  TrainRequest request;
  LoadedModel model;
};
/// Reads the files that the request names and loads its model, from the catalog or, without a name,
/// from the sizes in the files. `given`: fields that win over the files.
Result<LoadedTraining> load_training(const Catalog& catalog, TrainRequest request,
                                     const std::set<std::string, std::less<>>& given);

/// Loads what the request names, writes its document, and gives the exit code.
int answer_training(const TrainRequest& request, const std::set<std::string, std::less<>>& given,
                    const CommonOptions& common);

}  // namespace gpusize::cli
