// Deployments as people write them beyond the plain manifest: containers started from scripts,
// scripts in ConfigMaps, several words in one argument, patches.

#include "gpusize/spec/read_deployments.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

DeploymentSet read(std::vector<DeploymentInput> inputs) {
  auto out = read_deployments(std::move(inputs));
  REQUIRE(out.ok());
  return std::move(out).value();
}
const DeployedWorkload& only(const DeploymentSet& set) {
  REQUIRE(set.workloads.size() == 1);
  return set.workloads[0];
}
std::string pod(const std::string& container, const std::string& more = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + more +
         "  containers:\n  - name: e\n" + container;
}

}  // namespace

TEST_CASE("shapes: docker run with the image's own entry point") {
  const DeploymentSet set = read({{"run.sh", R"(#!/bin/bash
sudo docker run -it --rm --gpus '"device=0,1"' --shm-size=8g \
  -e VLLM_TENSOR_PARALLEL_SIZE=2 -p 8000:8000 -v /data:/data --network host \
  vllm/vllm-openai:v0.11.0 \
  --model org/m --max-model-len 4096
)"}});
  const DeployedWorkload& w = only(set);
  CHECK(w.engine == "vllm");
  CHECK(w.engine_version->value == "0.11.0");
  CHECK(w.args.model->value == "org/m");
  CHECK(w.args.max_model_len->value == 4096);
  CHECK(w.args.tp->value == 2);
  CHECK(w.gpus_per_pod->value == 2);
  CHECK(w.shared_memory == true);
  CHECK(w.total_gpus == 2);
}

TEST_CASE("shapes: docker run with a command or an entry point") {
  const DeploymentSet set = read({{"run.sh", R"(#!/bin/sh
docker run -d --gpus all lmsysorg/sglang:v0.5.2 python3 -m sglang.launch_server --model-path a/b --tp 8
podman container run --gpus 4 --entrypoint bash vllm/vllm-openai:v0.9.0 -c "vllm serve c/d -tp 4"
docker run --gpus 1 -p9000:9000 postgres:16
docker ps
)"}});
  REQUIRE(set.workloads.size() == 2);
  CHECK(set.workloads[0].engine == "sglang");
  CHECK(set.workloads[0].engine_version->value == "0.5.2");
  CHECK_FALSE(set.workloads[0].gpus_per_pod);  // all of a host that nobody names
  CHECK(set.workloads[0].total_gpus == 8);
  CHECK(set.workloads[1].args.model->value == "c/d");
  CHECK(set.workloads[1].gpus_per_pod->value == 4);
}

TEST_CASE("shapes: a script that a ConfigMap holds") {
  const std::string map =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata:\n  start.sh: |\n    "
      "#!/bin/bash\n"
      "    exec vllm serve org/m --tensor-parallel-size \"$1\"\n";
  const std::string volume = "  volumes: [{name: v, configMap: {name: s}}]\n";
  const auto start = [&](const std::string& command) {
    return pod("    image: vllm/vllm-openai:v0.9.2\n    command: [" + command +
                   "]\n    volumeMounts: [{name: v, mountPath: /x}]\n"
                   "    resources: {limits: {nvidia.com/gpu: 2}}\n",
               volume);
  };
  for (const char* command : {"bash, /x/start.sh, '2'", "/x/start.sh, '2'"}) {
    INFO(command);
    const DeploymentSet set = read({{"f.yaml", map + "---\n" + start(command)}});
    CHECK(only(set).args.model->value == "org/m");
    CHECK(only(set).args.tp->value == 2);
    CHECK(only(set).args.model->place.line == 7);
    CHECK(only(read({{"map.yaml", map}, {"pod.yaml", start(command)}})).args.tp->value == 2);
  }
  // Not among the files: nothing of it is known, and no default is taken for it.
  const DeploymentSet set = read({{"f.yaml", start("/y/other.sh")}});
  CHECK(only(set).engine == "vllm");
  CHECK_FALSE(only(set).args.tp);
  REQUIRE(only(set).unresolved.size() == 1);
  CHECK(only(set).unresolved[0].variable == "/y/other.sh");
}

TEST_CASE("shapes: scripts that call themselves end") {
  std::string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata:\n";
  for (const char* name : {"a", "b"}) {
    map += std::string("  ") + name + ".sh: |\n";
    for (int i = 0; i < 200; ++i) map += "    bash /x/a.sh; bash /x/b.sh\n";
    map += "    vllm serve org/" + std::string(name) + "\n";
  }
  const DeploymentSet set =
      read({{"f.yaml", map + "---\n" +
                           pod("    image: x\n    command: [/x/a.sh]\n    volumeMounts: [{name: v, "
                               "mountPath: /x}]\n",
                               "  volumes: [{name: v, configMap: {name: s}}]\n")}});
  CHECK(only(set).engine == "vllm");
}

TEST_CASE("shapes: several words in one argument are read as meant, and noted") {
  const auto args = [](const std::string& list) {
    return only(read({{"f.yaml", pod("    image: vllm/vllm-openai\n    args: " + list + "\n")}}));
  };
  const DeployedWorkload one = args("[--model org/m, --tensor-parallel-size 2]");
  CHECK(one.args.model->value == "org/m");
  CHECK(one.args.tp->value == 2);
  REQUIRE(one.flags.size() == 2);
  CHECK(one.flags[0].problem == FlagProblem::kJoined);
  CHECK(one.flags[0].written == "--model");
  const DeployedWorkload all = args("[\"--model=org/m --tensor-parallel-size=2\"]");
  CHECK(all.args.model->value == "org/m");
  CHECK(all.args.tp->value == 2);
  CHECK(all.flags.size() == 1);
  const DeployedWorkload value = args("[--model=org/m, '--override-generation-config={\"a\": 1}']");
  CHECK(value.flags.empty());
  CHECK(value.args.model->value == "org/m");
}

TEST_CASE("shapes: a patch states only what it changes") {
  const auto deployment = [](const std::string& replicas, const std::string& more) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: " +
           replicas + "\n  template:\n    spec:\n" + more;
  };
  const std::string base = deployment(
      "1",
      "      containers:\n      - name: e\n        image: vllm/vllm-openai:v0.9.2\n        args: "
      "[--model=org/m, -tp, '2']\n        resources: {limits: {nvidia.com/gpu: 2}}\n");
  const std::string patch = deployment("3",
                                       "      nodeSelector: {nvidia.com/gpu.product: NVIDIA-L4}\n  "
                                       "    containers:\n      - name: e\n"
                                       "        resources: {limits: {nvidia.com/gpu: 4}}\n");
  const DeploymentSet set = read({{"base.yaml", base}, {"patch.yaml", patch}});
  CHECK(only(set).args.model->value == "org/m");
  CHECK(only(set).gpu->value == "NVIDIA-L4");
  CHECK(only(set).gpus_per_pod->value == 4);
  CHECK(only(set).total_gpus == 12);
  // Two overlays are two deployments of which one is applied: nobody says which.
  const DeploymentSet both = read({{"base.yaml", base}, {"a.yaml", patch}, {"b.yaml", patch}});
  CHECK(only(both).total_gpus == 2);
  REQUIRE(both.not_assessed.size() == 2);
  CHECK(both.not_assessed[0].code == "GS904");
}

TEST_CASE("shapes: a bare command takes the engine's default of one GPU") {
  CHECK(only(read_command_line({"vllm", "serve", "org/m"})).total_gpus == 1);
  CHECK(only(read_command_line({"vllm", "serve", "org/m", "-dp", "4"})).total_gpus == 4);
  // These spread over all GPUs that they see.
  CHECK_FALSE(only(read_command_line({"llama-server", "-m", "m.gguf"})).total_gpus);
}

TEST_CASE("shapes: clusters of shell options in front of a script") {
  for (const char* options : {"-c", "-lc", "-ce", "-euo, pipefail, -c", "-o, pipefail, -ec"}) {
    INFO(options);
    const DeploymentSet set =
        read({{"f.yaml", pod(std::string("    image: x\n    command: [bash, ") + options +
                             ", 'vllm serve org/m -tp 2']\n")}});
    CHECK(only(set).args.tp->value == 2);
  }
}

TEST_CASE("shapes: several Slurm options on a line, short ones with their value attached") {
  const DeploymentSet set = read({{"job.sh", R"(#!/bin/bash
#SBATCH --nodes=2 --gpus-per-node=h100:8
#SBATCH -J run -t 04:00:00
#SBATCH --exclusive
srun vllm serve org/m --tensor-parallel-size 8 --pipeline-parallel-size ${SLURM_NNODES}
)"}});
  CHECK(only(set).name == "run");
  CHECK(only(set).pods->value == 2);
  CHECK(only(set).gpus_per_pod->value == 8);
  CHECK(only(set).gpus_per_pod->place.column == 35);
  CHECK(only(set).gpu->value == "h100");
  CHECK(only(set).args.pp->value == 2);
  CHECK(only(read({{"job.sh", "#!/bin/bash\n#SBATCH -N4\n#SBATCH -G 2\nvllm serve a/b\n"}}))
            .gpus_per_pod->value == 2);
}
