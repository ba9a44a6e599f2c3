// GS5xx: what is written in a way that will surprise.

#include <fmt/format.h>

#include "gate/judge.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// Labels of GPU feature discovery carry product names of the driver, which the catalog knows.
void judge_label(Judge& judge) {
  const DeployedWorkload& w = judge.said();
  if (!w.gpu || w.gpu_key != "nvidia.com/gpu.product" || judge.about().gpu != nullptr ||
      w.training || w.engine.empty() || !w.skipped.empty())
    return;
  judge.add("GS501", w.gpu->place,
            fmt::format("no card is known that carries the label {}={}", w.gpu_key, w.gpu->value),
            "labels are product names as the driver gives them, for example NVIDIA-H100-80GB-HBM3: "
            "kubectl get nodes -L nvidia.com/gpu.product");
}

void judge_flags(Judge& judge) {
  for (const FlagNote& note : judge.said().flags) {
    if (note.problem == FlagProblem::kBadValue) {
      judge
          .add("GS506", note.place,
               fmt::format("--{} does not take \"{}\"", note.written, note.means),
               "the engine will not start")
          .detail = note.written;
    } else if (note.problem == FlagProblem::kJoined) {
      judge
          .add("GS507", note.place,
               fmt::format("{} and what follows it are one item: the engine gets them as one word",
                           note.written),
               "one list item per word, or --name=value; what was meant is judged")
          .detail = note.written;
    } else {
      judge
          .add("GS502", note.place,
               note.problem == FlagProblem::kAbbreviated
                   ? fmt::format("{} is short for {}", note.written, note.means)
                   : fmt::format("--{} was renamed to --{}", note.written, note.means),
               "write the full, present name: a new option can make the short form ambiguous")
          .detail = note.written;
    }
  }
}

void judge_weights_format(Judge& judge) {
  const Assessment& a = judge.about();
  const auto& dtype = judge.args().dtype;
  if (!dtype || to_lower(dtype->value) != "float32" || a.model == nullptr) return;
  judge.add("GS503", dtype->place,
            fmt::format("weights in float32: twice the memory of the {} checkpoint",
                        name_of(a.model->native)),
            "--dtype auto takes the checkpoint's own format");
}

void judge_requests(Judge& judge) {
  const DeployedWorkload& w = judge.said();
  if (!w.gpus_requested || !w.gpus_per_pod || w.gpus_requested->value == w.gpus_per_pod->value)
    return;
  Finding& f = judge.add(
      "GS504", w.gpus_requested->place,
      fmt::format(
          "requests {} GPUs and limits {}: Kubernetes refuses extended resources that differ",
          w.gpus_requested->value, w.gpus_per_pod->value),
      "state limits only, or the same number in both");
  const auto number = [&](const Placed<std::int64_t>& s, const char* label) {
    return FindingNumber{
        static_cast<double>(s.value),
        why_input(label, static_cast<double>(s.value), "GPUs", judge.where(s.place))};
  };
  f.actual = number(*w.gpus_requested, "requests");
  f.limit = number(*w.gpus_per_pod, "limits");
  f.unit = "GPUs";
}

void judge_shared_memory(Judge& judge) {
  const DeployedWorkload& w = judge.said();
  const bool several = judge.args().tp && judge.args().tp->value > 1;
  if (!several || !w.shared_memory || *w.shared_memory || !w.skipped.empty()) return;
  judge.add("GS505", judge.at(judge.args().tp),
            fmt::format("tensor parallelism {} with the 64 MiB /dev/shm that containers get",
                        judge.args().tp->value),
            "mount an emptyDir with medium Memory at /dev/shm (compose: shm_size or ipc: host)");
}

}  // namespace

void judge_hygiene(Judge& judge) {
  judge_label(judge);
  judge_flags(judge);
  judge_weights_format(judge);
  judge_requests(judge);
  judge_shared_memory(judge);
}

}  // namespace gpusize
