#include "gpusize/spec/read_deployments.hpp"

#include "support/catch.hpp"

using namespace gpusize;

namespace {

DeploymentSet read(std::vector<DeploymentInput> inputs) {
  auto out = read_deployments(std::move(inputs));
  REQUIRE(out.ok());
  return std::move(out).value();
}
DeploymentSet read(const std::string& text, const std::string& path = "f.yaml") {
  return read({{path, text}});
}

/// One workload's numbers as text: engine model tp pp dp per_replica total.
std::string facts(const DeployedWorkload& w) {
  const auto n = [](const auto& s) { return s ? std::to_string(s->value) : std::string("-"); };
  const auto o = [](const auto& s) { return s ? std::to_string(*s) : std::string("-"); };
  return w.engine + " " + (w.args.model ? w.args.model->value : "-") + " " + n(w.args.tp) + " " +
         n(w.args.pp) + " " + n(w.args.dp) + " " + o(w.gpus_per_replica) + " " + o(w.total_gpus);
}
std::string only(const DeploymentSet& set) {
  REQUIRE(set.workloads.size() == 1);
  return facts(set.workloads[0]);
}

const std::string kPod = R"(
      containers:
        - name: main
          image: vllm/vllm-openai:v0.9.2
          command: [vllm, serve]
          args: [org/m, --tensor-parallel-size, "4"]
          resources: {limits: {nvidia.com/gpu : "4"}}
)";

}  // namespace

TEST_CASE("deployments: workloads of Kubernetes") {
  const auto with = [](const std::string& head, const std::string& replicas) {
    return "apiVersion: apps/v1\nkind: " + head + "\nmetadata: {name: a}\nspec:\n  " + replicas +
           "\n  template:\n    spec:" + kPod;
  };
  CHECK(only(read(with("Deployment", "replicas: 3"))) == "vllm org/m 4 - - 4 12");
  CHECK(only(read(with("StatefulSet", "replicas: 2"))) == "vllm org/m 4 - - 4 8");
  CHECK(only(read("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  parallelism: 2\n "
                  " template:\n    spec:" +
                  kPod)) == "vllm org/m 4 - - 4 8");
  CHECK(only(read("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: "
                  "{name: p}\n  spec: {containers: [{name: x, image: vllm/vllm-openai, args: "
                  "[--model=a/b, -tp, '2']}]}\n")) == "vllm a/b 2 - - 2 2");
  const DeploymentSet set = read(with("Deployment", "replicas: 1"));
  const DeployedWorkload& w = set.workloads[0];
  CHECK(w.engine_version->value == "0.9.2");
  CHECK(w.args.tp->place == Place{12, 49});
  CHECK(w.gpus_per_pod->place.line == 13);
  CHECK(w.gpu_resource->value == "nvidia.com/gpu");
}

TEST_CASE("deployments: replicas of a StatefulSet that are nodes") {
  const DeploymentSet set = read(R"(
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s}
spec:
  replicas: 4
  template:
    spec:
      containers:
        - name: e
          image: lmsysorg/sglang:v0.5.3
          command: [python3, -m, sglang.launch_server, --model-path, a/b, --tp, "16", --nnodes, "2"]
          resources: {limits: {nvidia.com/gpu: 8}}
)");
  CHECK(only(set) == "sglang a/b 16 - - 16 32");
}

TEST_CASE("deployments: merge keys, anchors, duplicate keys, templates") {
  const DeploymentSet set = read(R"(
x-base: &base
  image: vllm/vllm-openai:latest
  command: --model a/b --tensor-parallel-size 2
services:
  one:
    <<: *base
    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 2, capabilities: [gpu]}]}}}
  two:
    <<: *base
    command: --model c/d
    deploy: {resources: {reservations: {devices: [{driver: nvidia, device_ids: ['3']}]}}}
  web: {image: nginx}
)");
  REQUIRE(set.workloads.size() == 2);
  CHECK(facts(set.workloads[0]) == "vllm a/b 2 - - 2 2");
  CHECK(facts(set.workloads[1]) == "vllm c/d - - - 1 1");
  CHECK_FALSE(read_deployments({{"f.yaml", "a: 1\na: 2\n"}}).ok());
  const DeploymentSet chart =
      read("{{- if .Values.x }}\nkind: Pod\n{{- end }}\n---\nkind: ConfigMap\n");
  CHECK(chart.workloads.empty());
  REQUIRE(chart.not_assessed.size() == 1);
  CHECK(chart.not_assessed[0].code == "GS904");
}

TEST_CASE("deployments: argument spellings") {
  const auto line = [](std::vector<std::string> words) { return read_command_line(words); };
  const DeploymentSet a = line({"vllm", "serve", "a/b", "--gpu-memory-util=0.9", "--max_num_seqs",
                                "64", "--max-model-len", "32k", "--no-enable-prefix-caching"});
  REQUIRE(a.workloads.size() == 1);
  CHECK(a.workloads[0].args.memory_fraction->value == 0.9);
  CHECK(a.workloads[0].args.max_num_seqs->value == 64);
  CHECK(a.workloads[0].args.max_model_len->value == 32000);
  CHECK(a.workloads[0].flags.size() == 1);
  // `--max-num` could be two options: it is neither.
  CHECK_FALSE(line({"vllm", "serve", "a/b", "--max-num", "64"}).workloads[0].args.max_num_seqs);
  CHECK(line({"vllm", "serve", "--port", "1", "a/b"}).workloads[0].args.model->value == "a/b");
  CHECK(line({"CUDA_VISIBLE_DEVICES=0", "trtllm-serve", "a/b", "--tp_size", "4"})
            .workloads[0]
            .args.tp->value == 4);
  CHECK(line({"text-generation-launcher", "--model-id", "a/b", "--num-shard", "2"})
            .workloads[0]
            .engine == "tgi");
  CHECK(line({"/app/llama-server", "-m", "x.gguf", "-c", "8192", "-np", "4"})
            .workloads[0]
            .args.max_model_len->value == 8192);
  CHECK(line({"nginx"}).workloads.empty());
}

TEST_CASE("deployments: ConfigMaps and written files hold options") {
  const DeploymentSet set = read(R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: opts}
data:
  e.yaml: |
    tensor_parallel_size: 8
    enable_attention_dp: true
    kv_cache_config: {free_gpu_memory_fraction: 0.8, dtype: fp8}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: t
      image: nvcr.io/nvidia/tensorrt-llm/release:1.0.0
      command: [trtllm-serve, a/b, --extra_llm_api_options, /config/e.yaml]
      volumeMounts: [{name: v, mountPath: /config}]
      resources: {limits: {nvidia.com/gpu: 8}}
  volumes: [{name: v, configMap: {name: opts}}]
)");
  CHECK(only(set) == "tensorrt-llm a/b 8 - - 8 8");
  CHECK(set.workloads[0].args.memory_fraction->value == 0.8);
  CHECK(set.workloads[0].args.kv_cache_dtype->value == "fp8");
  const DeploymentSet script = read(
      "#!/bin/bash\ncat > /tmp/o.yaml <<EOF\ntensor_parallel_size: 2\nEOF\ntrtllm-serve a/b "
      "--config /tmp/o.yaml\n",
      "run.sh");
  CHECK(only(script) == "tensorrt-llm a/b 2 - - 2 2");
}

TEST_CASE("deployments: groups, claims, slices") {
  const DeploymentSet lws = read(R"(
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: g}
spec:
  replicas: 2
  leaderWorkerTemplate:
    size: 2
    workerTemplate:
      spec:
        initContainers: [{name: proxy, image: x, args: [--vllm-port=1]}]
        containers:
          - name: e
            image: vllm/vllm-openai:v0.22.1
            command: [bash, -c]
            args: ["exec vllm serve a/b --data-parallel-size $((LWS_GROUP_SIZE * L)) --tensor-parallel-size ${T:-1}"]
            env: [{name: L, value: "4"}]
            resources: {limits: {nvidia.com/gpu: "4"}}
)");
  CHECK(only(lws) == "vllm a/b 1 - 8 8 16");
  const DeploymentSet claim = read(R"(
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: {name: two}
spec: {spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu.nvidia.com, count: 2}}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  resourceClaims: [{name: c, resourceClaimTemplateName: two}]
  containers: [{name: e, image: vllm/vllm-openai, args: [--model, a/b, -tp, "2"], resources: {claims: [{name: c}]}}]
)");
  CHECK(only(claim) == "vllm a/b 2 - - 2 2");
}

TEST_CASE("deployments: what only a run could know") {
  const DeploymentSet set = read(R"y(
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: e
      image: vllm/vllm-openai
      command: [sh, -c, "vllm serve $MODEL --tensor-parallel-size $(nproc)"]
      env: [{name: MODEL, valueFrom: {secretKeyRef: {name: s, key: k}}}]
      resources: {limits: {nvidia.com/gpu: $COUNT}}
)y");
  REQUIRE(set.workloads.size() == 1);
  CHECK(facts(set.workloads[0]) == "vllm - - - - - -");
  CHECK(set.workloads[0].unresolved.size() == 3);
}

TEST_CASE("deployments: KServe, Ray, Dynamo, NIM, charts") {
  CHECK(only(read("apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\nmetadata: "
                  "{name: k}\nspec:\n  model: {uri: hf://a/b}\n  replicas: 2\n  parallelism: "
                  "{tensor: 1, data: 16, dataLocal: 8}\n"
                  "  template: {containers: [{name: main, resources: {limits: {nvidia.com/gpu: "
                  "8}}, env: [{name: VLLM_ADDITIONAL_ARGS, value: '--max-model-len 100'}]}]}\n")) ==
        "vllm a/b 1 - 16 16 32");
  CHECK(
      only(read("apiVersion: ray.io/v1\nkind: RayService\nmetadata: {name: r}\nspec:\n  "
                "serveConfigV2: |\n    applications:\n    - args:\n        llm_configs:\n        - "
                "model_loading_config: {model_id: m, model_source: a/b}\n"
                "          accelerator_type: H100\n          engine_kwargs: {tensor_parallel_size: "
                "2, pipeline_parallel_size: 2}\n          deployment_config: {autoscaling_config: "
                "{min_replicas: 1, max_replicas: 3}}\n")) == "vllm a/b 2 2 - 4 12");
  CHECK(only(read("apiVersion: nvidia.com/v1alpha1\nkind: DynamoGraphDeployment\nmetadata: {name: "
                  "d}\nspec:\n  services:\n    Frontend: {replicas: 1}\n    w:\n      replicas: "
                  "2\n      multinode: {nodeCount: 2}\n      resources: {limits: {gpu: '4'}}\n"
                  "      extraPodSpec: {mainContainer: {command: [python3, -m, dynamo.vllm], args: "
                  "[--model, a/b, -tp, '8']}}\n")) == "vllm a/b 8 - - 8 16");
  CHECK(only(read("apiVersion: apps.nvidia.com/v1alpha1\nkind: NIMService\nmetadata: {name: "
                  "n}\nspec:\n  image: {repository: nvcr.io/nim/org/m, tag: '1.2.3'}\n  replicas: "
                  "2\n  resources: {limits: {nvidia.com/gpu: 4}}\n")) == "nim org/m - - - 4 8");
  CHECK(only(read("servingEngineSpec:\n  modelSpec:\n  - {name: x, repository: r, tag: v0.10.1, "
                  "modelURL: a/b, replicaCount: 2, requestGPU: 2, vllmConfig: {tensorParallelSize: "
                  "2, extraArgs: [--max-num-seqs, '9']}}\n")) == "vllm a/b 2 - - 2 4");
  const DeploymentSet pd = read(
      "modelArtifacts: {uri: 'hf://a/b', name: b}\ndecode:\n  replicas: 2\n  parallelism: {tensor: "
      "2, data: 1, dataLocal: 1}\n  containers: [{name: vllm, image: i, modelCommand: vllmServe, "
      "args: [--enforce-eager]}]\n"
      "prefill: {create: false}\n");
  CHECK(only(pd) == "vllm a/b 2 - 1 2 4");
}

TEST_CASE("deployments: Slurm") {
  const DeploymentSet set = read(R"(#!/bin/bash
#SBATCH --job-name=big
#SBATCH --nodes=2
#SBATCH --gres=gpu:h100:8
M="a/b"
srun --ntasks=2 bash -c "python -m sglang.launch_server --model-path '$M' --tp 16 --nnodes 2 --node-rank \$SLURM_PROCID" &
)",
                                 "j.slurm");
  CHECK(only(set) == "sglang a/b 16 - - 16 16");
  CHECK(set.workloads[0].gpu->value == "h100");
  CHECK(set.workloads[0].kind == "sbatch");
  CHECK(set.workloads[0].args.model->place.line == 6);
}

TEST_CASE("each task of a serving array is a replica") {
  const auto replicas = [](const std::string& array) -> std::int64_t {
    const auto set = read("#!/bin/bash\n#SBATCH --array=" + array +
                              "\n#SBATCH --gpus-per-node=8\nvllm serve a/b -tp 8\n",
                          "j.slurm");
    REQUIRE(set.workloads.size() == 1);
    return set.workloads[0].replicas ? set.workloads[0].replicas->value : -1;
  };
  CHECK(replicas("0-3") == 4);
  CHECK(replicas("7") == 1);
  CHECK(replicas("1,4-7%2") == 5);
  CHECK(replicas("0-15:5") == 4);
  CHECK(replicas("3-1") == -1);
  CHECK(replicas("$N") == -1);
}
