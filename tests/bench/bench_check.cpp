// 1,000 manifests in one `gpusize check`: the gate must not be what a pipeline waits for.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "bench.hpp"

namespace gpusize::bench {
namespace {

constexpr int kManifests = 1000;
constexpr std::array<const char*, 5> kModels{"meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-7B-Instruct",
                                             "deepseek-ai/DeepSeek-R1",
                                             "meta-llama/Llama-3.3-70B-Instruct", "Qwen/Qwen3-32B"};

std::string manifest(int i) {
  return fmt::format(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: chat-{0}}}\nspec:\n  replicas: "
      "{1}\n"
      "  selector: {{matchLabels: {{app: chat}}}}\n  template:\n    metadata: {{labels: {{app: "
      "chat}}}}\n"
      "    spec:\n      nodeSelector: {{nvidia.com/gpu.product: NVIDIA-H200}}\n      containers:\n"
      "        - name: server\n          image: vllm/vllm-openai:v0.21.0\n          args:\n"
      "            - --model={2}\n            - --tensor-parallel-size=8\n"
      "            - --max-model-len={3}\n          resources: {{limits: {{nvidia.com/gpu: 8}}}}\n"
      "          volumeMounts: [{{name: shm, mountPath: /dev/shm}}]\n"
      "      volumes: [{{name: shm, emptyDir: {{medium: Memory}}}}]\n",
      i, 1 + i % 4, kModels[static_cast<std::size_t>(i) % kModels.size()], 4096 + 16 * (i % 50));
}

}  // namespace

void bench_check(int runs) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / fmt::format("gpusize-bench-{}", getpid());
  fs::create_directories(folder);
  for (int i = 0; i < kManifests; ++i)
    std::ofstream(folder / fmt::format("m{:04}.yaml", i)) << manifest(i);
  std::vector<double> wall;
  std::vector<double> peak;
  for (int i = 0; i < runs; ++i) {
    const ProcessRun run = run_process({GPUSIZE_BINARY, "check", folder.string(), "--exit-zero"});
    wall.push_back(run.wall_ms);
    peak.push_back(run.peak_mib);
  }
  fs::remove_all(folder);
  fmt::print("check of {} manifests: median {:.0f} ms, peak {:.0f} MiB, {} runs\n", kManifests,
             median(wall), *std::max_element(peak.begin(), peak.end()), runs);
}

}  // namespace gpusize::bench
