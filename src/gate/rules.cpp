#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/gate/finding.hpp"

namespace gpusize {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr auto kInfo = Severity::kInfo;

constexpr std::array<RuleInfo, 41> kRules{{
    {"GS101", "weights-do-not-fit", kError, "Weights do not fit",
     "Weights of the fullest GPU plus activations and runtime leave nothing of what the engine may "
     "use.",
     "More GPUs per replica, a card with more memory, or fewer bits per weight."},
    {"GS102", "no-room-for-longest-request", kError,
     "No room for one request of the greatest length",
     "The KV cache of one request of `--max-model-len` tokens (or of the model's context) is "
     "larger than the pool that is left "
     "beside the weights. vLLM and SGLang refuse to start.",
     "Lower `--max-model-len`, raise the memory fraction, take an fp8 KV cache, or add GPUs."},
    {"GS103", "little-kv-headroom", kWarning, "Little room for the KV cache",
     "The pool holds fewer requests of the greatest length than `limits.min_requests` of the "
     "policy asks for (1.5).",
     "Lower `--max-model-len` or add memory. Where long requests are rare, suppress with that "
     "reason."},
    {"GS104", "memory-fraction-too-high", kWarning, "Memory fraction close to the whole card",
     "At 0.97 and more, communication buffers, graphs and fragmentation have no room: the engine "
     "dies under load, not at the start.",
     "0.90 to 0.95; `limits.max_memory_fraction` in the policy moves the line."},
    {"GS105", "kv-cache-wider-than-needed", kInfo, "KV cache wider than needed",
     "Weights have 8 bits or fewer and the card computes in fp8, but the cache is kept in 16 bits "
     "and is what limits the batch.",
     "`--kv-cache-dtype fp8` doubles the tokens; check quality first."},
    {"GS106", "longer-than-the-context", kError, "Longer than the model's context",
     "`--max-model-len` is above the positions that the model was made for.",
     "Lower it, or state the rope scaling that the model card gives."},
    {"GS201", "degrees-do-not-divide", kError, "Degrees that do not divide",
     "Tensor parallelism must divide heads and widths, pipeline parallelism layers, expert "
     "parallelism experts.",
     "Take a divisor."},
    {"GS202", "tensor-parallel-spans-nodes", kWarning, "Tensor parallelism spans nodes",
     "Two all-reduces per layer cross the network instead of NVLink.",
     "Tensor parallelism within a node, pipeline parallelism across nodes."},
    {"GS203", "more-gpus-than-requested", kError, "More GPUs than requested",
     "The product of the degrees is larger than the GPUs of the replica: the engine does not "
     "start.",
     "Request them, or lower a degree."},
    {"GS204", "experts-on-a-dense-model", kWarning, "Expert parallelism on a dense model",
     "The option does nothing, or stops the start.", "Take it out."},
    {"GS205", "idle-gpus", kWarning, "Idle GPUs",
     "GPUs are requested that no degree uses; they are paid for.",
     "Lower the request, or use them."},
    {"GS206", "format-not-of-the-card", kWarning, "Format that the card does not compute in",
     "FP8, INT8 or FP4 weights (or cache) on a card without that arithmetic, a quantisation kernel "
     "or `--dtype` that the dated compatibility rules refuse there (`gpusize compat`): widened on "
     "the way, or refused; where the engine is known to refuse it, GS209.",
     "A checkpoint in a format of the card."},
    {"GS207", "engine-does-not-run-on-card", kError, "Engine does not run on the card",
     "The dated compatibility rules (`gpusize compat`) refuse this engine or this version of it on "
     "the card; where they say nothing, the catalog's engine profile leaves out the architecture.",
     "Another engine, an older release, another card."},
    {"GS208", "fewer-tokens-than-sequences", kWarning, "Fewer tokens per step than sequences",
     "With `--max-num-batched-tokens` below `--max-num-seqs` not every running request can decode "
     "in a step.",
     "Raise the first."},
    {"GS209", "option-refused-on-card", kError, "Option that the engine refuses on the card",
     "vLLM compares `--dtype bfloat16` and the quantisation kernel with the card's compute "
     "capability before it loads anything, and stops where the dated compatibility rules (`gpusize "
     "compat`) say no.",
     "`--dtype half`, or a checkpoint in a format whose kernels the card has."},
    {"GS301", "ttft-missed", kError, "Time to first token above the target",
     "Mean TTFT at the asked rate, by the estimator's steady state.",
     "More GPUs per replica, or more replicas."},
    {"GS302", "tpot-missed", kError, "Time per output token above the target",
     "Mean TPOT at the asked rate.", "More replicas, or a higher tensor-parallel degree."},
    {"GS303", "rate-not-sustained", kError, "The rate is not sustained",
     "At the largest batch that memory and limits allow, a replica completes less than its share "
     "of the traffic.",
     "More replicas."},
    {"GS304", "preemption-expected", kWarning, "Preemption expected",
     "More requests may run at once than the KV pool holds at the traffic's lengths.",
     "Lower the limit, or add memory."},
    {"GS305", "sequence-limit-binds", kWarning, "The sequence limit binds",
     "The rate fails at the engine's own limit while memory would hold more.",
     "Raise `--max-num-seqs`."},
    {"GS401", "budget-crossed", kError, "Budget crossed",
     "GPUs at the default on-demand price over 730 hours are above `budget.usd_per_month`.",
     "Fewer or cheaper GPUs, or a raised budget."},
    {"GS402", "cost-rises-by-amount", kError, "Cost rises by more than allowed",
     "`gpusize diff`: the monthly cost of the head is above the base by more than "
     "`--max-delta-usd`.",
     "A smaller change, or a raised guardrail."},
    {"GS403", "cost-rises-by-percent", kError, "Cost rises by a larger share than allowed",
     "`gpusize diff`: the rise over the base is above `--max-delta-percent`.",
     "A smaller change, or a raised guardrail."},
    {"GS404", "cheaper-card", kInfo, "A cheaper card that is nowhere worse",
     "Another card of the vendor has no less memory, bandwidth, dense compute in every format, or "
     "link, and a lower default price in the same tier.",
     "Take it, where your provider has it."},
    {"GS405", "api-cheaper", kInfo, "An API is cheaper",
     "With `--traffic`: the list price of an API that serves the model, on the day of the check, "
     "for that traffic around the clock is below the GPUs at the default on-demand price. Prompts "
     "are taken as not cached.",
     "Weigh it against data protection, account limits and latency."},
    {"GS406", "threshold-missed", kError, "Threshold of the policy missed",
     "A line of `thresholds` does not hold.", "What the line's message says."},
    {"GS501", "unknown-product-label", kWarning, "Product label that no node carries",
     "GPU feature discovery writes the driver's product name; a selector with another word leaves "
     "pods pending.",
     "`kubectl get nodes -L nvidia.com/gpu.product` shows the names."},
    {"GS502", "abbreviated-or-renamed-option", kInfo, "Abbreviated or renamed option",
     "A unique prefix is accepted today; a new option can make it ambiguous.",
     "Write the full, present name."},
    {"GS503", "wider-than-the-checkpoint", kWarning, "Weights wider than the checkpoint",
     "float32 doubles memory and halves speed.", "`--dtype auto`."},
    {"GS504", "requests-differ-from-limits", kError, "GPU requests differ from limits",
     "Kubernetes refuses extended resources whose request and limit differ.", "State limits only."},
    {"GS505", "small-shared-memory", kWarning, "64 MiB of shared memory with tensor parallelism",
     "NCCL and the workers share memory through /dev/shm; containers get 64 MiB.",
     "An emptyDir of medium Memory at /dev/shm."},
    {"GS506", "value-not-taken", kError, "Value that the option does not take",
     "The option wants a number.", "A number."},
    {"GS507", "options-in-one-argument", kWarning, "Several words in one argument",
     "A list item like `--model x` reaches the engine as one word, which it does not know, unless "
     "the image's entry point splits it.",
     "One item per word, or `--name=value`."},
    {"GS510", "suppression-expired", kWarning, "Suppression expired", "Its date has passed.",
     "Mend the finding, or give a new date."},
    {"GS511", "suppression-not-used", kInfo, "Suppression not used",
     "Nothing raises the rule there any more.", "Take it out."},
    {"GS901", "unknown-model", kInfo, "Not assessed: unknown model",
     "The name is not in the catalog and no annotation or `--model-map` says what it is.",
     "`gpusize.dev/model`, `--model-map PATH=MODEL`, or a catalog file."},
    {"GS902", "unresolved-value", kInfo, "Not assessed: unresolved value",
     "A variable, command output or file that only a run would know.",
     "State it, or check the rendered file."},
    {"GS903", "unsupported", kInfo, "Not assessed: nothing known judges this",
     "Another accelerator, an unknown command or a kind without a reader.",
     "Nothing, or a rendered form of it."},
    {"GS904", "template-not-rendered", kInfo, "Not assessed: template", "The file holds `{{ }}`.",
     "`helm template ... | gpusize check -`"},
    {"GS905", "card-not-stated", kInfo, "Not assessed: card not stated",
     "Nothing says which card the pods get.",
     "`--gpu`, the annotation `gpusize.dev/gpu`, a node selector, or `# gpusize: gpu=...`."},
    {"GS906", "no-memory-profile", kInfo, "Not assessed: no memory profile of the engine",
     "How the engine divides memory is not in the catalog. Weights that are larger than the whole "
     "card are still found (GS101) where the engine loads the checkpoint as it is.",
     "Judge the same model under vLLM, SGLang or TensorRT-LLM."},
}};

}  // namespace

std::span<const RuleInfo> rules() { return kRules; }

const RuleInfo* find_rule(std::string_view code) {
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](const RuleInfo& r) { return r.code == code; });
  return found == kRules.end() ? nullptr : &*found;
}

std::string rule_page(const RuleInfo& rule) {
  const std::string_view severity = rule.severity == kError     ? "error"
                                    : rule.severity == kWarning ? "warning"
                                                                : "info";
  return fmt::format(
      "# {}: {}\n\n`{}`, {} by default.\n\n{}\n\nWhat to change: {}\n\n"
      "To suppress one place: `# gpusize:ignore {} until=2027-01-31 -- reason` on the line or "
      "above it.\n",
      rule.code, rule.title, rule.name, severity, rule.why, rule.fix, rule.code);
}

}  // namespace gpusize
