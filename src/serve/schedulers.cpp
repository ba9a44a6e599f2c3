#include <array>

#include "gpusize/serve/scheduler.hpp"
#include "serve/policies.hpp"

namespace gpusize {
namespace {

constexpr std::array<SchedulerPolicy, 4> kPolicies{{
    {"vllm", "one token budget, chunked prefill beside decodes, preemption by recompute",
     plan_vllm},
    {"sglang", "prompts first in steps of their own, retraction when the pool is full",
     plan_sglang},
    {"tensorrt-llm", "in-flight batching, blocks for the whole request set aside at admission",
     plan_tensorrt_llm},
    {"static", "a batch runs to its end before the next starts", plan_static},
}};

}  // namespace

std::span<const SchedulerPolicy> scheduler_policies() { return kPolicies; }

const SchedulerPolicy* find_policy(std::string_view name) {
  for (const SchedulerPolicy& policy : kPolicies) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

const SchedulerPolicy& policy_for(const EngineProfile& engine) {
  if (const SchedulerPolicy* own = find_policy(engine.id)) return *own;
  if (!engine.continuous_batching) return *find_policy("static");
  return *find_policy(engine.prefill_first ? "sglang" : "vllm");
}

}  // namespace gpusize
