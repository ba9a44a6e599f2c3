#pragma once
// The planners behind the table of policies, one per engine.

namespace gpusize {

class Rank;

void plan_vllm(Rank& rank);
void plan_sglang(Rank& rank);
void plan_tensorrt_llm(Rank& rank);
void plan_static(Rank& rank);

}  // namespace gpusize
