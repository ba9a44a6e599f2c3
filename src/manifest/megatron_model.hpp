#pragma once
// A model's sizes in Megatron's words.

#include "manifest/megatron_arguments.hpp"

namespace gpusize {

/// The sizes that make this model; `manifest-train-model` for parts that Megatron's GPT has not.
Result<std::vector<EngineOption>> megatron_model(const ModelSpec& model, std::int64_t sequence);

}  // namespace gpusize
