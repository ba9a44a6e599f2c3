// Deployment files of every kind: the first byte chooses a manifest, a script or a command line.
#include "fuzz/harness.hpp"
#include "gpusize/spec/read_deployments.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gpusize;
  const std::string text(fuzz::text_of(data, size));
  const ReadLimits limits{.nodes = 10'000, .depth = 64};
  if (text.starts_with("$ ")) {
    read_command_line({"sh", "-c", text.substr(2)});
    return 0;
  }
  const auto read = read_deployments({{text.starts_with("#!") ? "f.sh" : "f.yaml", text}}, limits);
  if (!read.ok()) {
    fuzz::check_errors(read.errors());
    return 0;
  }
  for (const DeployedWorkload& w : read->workloads) {
    fuzz::expect(!w.file.empty() && !w.kind.empty(), "a workload has a file and a kind");
    fuzz::expect(!w.total_gpus || w.gpus_per_replica.has_value(), "a total comes from a replica");
  }
  return 0;
}
