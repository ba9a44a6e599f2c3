#include "gpusize/spec/training_files.hpp"

#include "support/catch.hpp"

using namespace gpusize;

namespace {

TrainingSpec read(const std::vector<TrainingInput>& inputs) {
  auto out = read_training_texts(inputs);
  if (!out.ok()) {
    INFO(render(out.errors().front()));
    REQUIRE(out.ok());
  }
  return std::move(out).value();
}
TrainingSpec read(const std::string& path, const std::string& text) { return read({{path, text}}); }

/// The value of a setting, `(8)` where it is only implied; `-`: none.
std::string value(const TrainingSpec& spec, TrainKey key) {
  const TrainSetting* s = spec.find(key);
  if (s == nullptr) return "-";
  return s->implied ? "(" + s->value + ")" : s->value;
}
std::string place(const TrainingSpec& spec, TrainKey key) {
  const TrainSetting* s = spec.find(key);
  return s == nullptr ? "-" : s->where.str();
}
std::string gaps(const TrainingSpec& spec) {
  std::string out;
  for (const TrainGap& gap : spec.not_assessed) out += gap.what + "@" + gap.where.str() + " ";
  return out;
}
std::string errors(const std::vector<TrainingInput>& inputs) {
  const auto out = read_training_texts(inputs);
  REQUIRE_FALSE(out.ok());
  std::string text;
  for (const Diagnostic& d : out.errors())
    text += d.code + " " + d.where.str() + ": " + d.message + " | " + d.hint + "\n";
  return text;
}

const std::string kMegatron =
    "torchrun --nproc-per-node 8 --nnodes 2 pretrain_gpt.py --num-layers 24 --hidden-size 1024 \\\n"
    "  --num-attention-heads 16 --seq-length 2048 --micro-batch-size 2 --global-batch-size 64 \\\n"
    "  --tensor-model-parallel-size 2 --pipeline-model-parallel-size=4 --train-samples 6400 \\\n"
    "  --num-layers-per-virtual-pipeline-stage 3 --fp16 --vocab-size 50257\n";

}  // namespace

TEST_CASE("training files: Megatron arguments with places and defaults") {
  const TrainingSpec spec = read("run.sh", kMegatron);
  CHECK(value(spec, TrainKey::kFramework) == "(megatron-core)");
  CHECK(value(spec, TrainKey::kTp) == "2");
  CHECK(place(spec, TrainKey::kTp) == "run.sh:3:32");
  CHECK(value(spec, TrainKey::kPp) == "4");
  CHECK(value(spec, TrainKey::kCp) == "(1)");
  CHECK(value(spec, TrainKey::kChunks) == "2");  // 24 layers, 4 stages, 3 layers a chunk
  CHECK(value(spec, TrainKey::kGpus) == "16");
  CHECK(value(spec, TrainKey::kPrecision) == "mixed");
  CHECK(value(spec, TrainKey::kZero) == "(0)");
  CHECK(value(spec, TrainKey::kRecompute) == "(none)");
  CHECK(value(spec, TrainKey::kSequenceParallel) == "(no)");
  CHECK(value(spec, TrainKey::kTokens) == "13107200");  // 6400 x 2048
  CHECK(spec.not_assessed.empty());
}

TEST_CASE("training files: a later option of one command wins, variables are followed") {
  const TrainingSpec spec =
      read("run.sh",
           "A='--micro-batch-size 1 --bf16'\nMB=4\npretrain_gpt.py $A --seq-length 8 "
           "--micro-batch-size ${MB} --global-batch-size $GBS\n");
  CHECK(value(spec, TrainKey::kMicroBatch) == "4");
  CHECK(value(spec, TrainKey::kGlobalBatch) == "-");
  CHECK(gaps(spec) == "--global-batch-size@run.sh:3:80 ");
}

TEST_CASE("training files: options of Megatron's recipes in a map") {
  const TrainingSpec spec =
      read("model_config.yaml",
           "MODEL_ARGS:\n  --num-layers: 8\n  --bf16: true\n  --context-parallel-size: 2\n");
  CHECK(value(spec, TrainKey::kCp) == "2");
  CHECK(place(spec, TrainKey::kCp) == "model_config.yaml:4:28");
  CHECK(value(spec, TrainKey::kPrecision) == "mixed");
}

TEST_CASE("training files: fp8 recipes, moments, recomputed modules") {
  const TrainingSpec spec =
      read("o.txt",
           "--num-layers 4 --bf16 --fp8-format e4m3 --fp8-recipe mxfp8 --exp-avg-dtype "
           "bf16 --recompute-granularity selective --recompute-modules moe_act "
           "layernorm --optimizer dist_muon");
  CHECK(value(spec, TrainKey::kPrecision) == "mxfp8");
  CHECK(value(spec, TrainKey::kMoments) == "bf16,fp32");
  CHECK(value(spec, TrainKey::kRecomputeParts) == "moe_act layernorm");
  CHECK(value(spec, TrainKey::kOptimizer) == "muon");
}

TEST_CASE("training files: DeepSpeed") {
  const TrainingSpec spec =
      read("ds.json",
           R"({"train_batch_size": "auto", "train_micro_batch_size_per_gpu": 4,
  "zero_optimization": {"stage": 3, "offload_param": {"device": "cpu"},
    "offload_optimizer": {"device": "none"}}, "fp16": {"enabled": false}, "bf16": {"enabled": true},
  "zero_optimisation": {"stage": 1}})");
  CHECK(value(spec, TrainKey::kZero) == "3");
  CHECK(place(spec, TrainKey::kZero) == "ds.json:2:34");
  CHECK(value(spec, TrainKey::kGlobalBatch) == "-");
  CHECK(value(spec, TrainKey::kOffload) == "-");
  CHECK(value(spec, TrainKey::kPrecision) == "mixed");
  CHECK(value(spec, TrainKey::kMicroBatch) == "4");
  CHECK(
      gaps(spec) ==
      "zero_optimization.offload_param.device@ds.json:2:65 zero_optimisation.stage@ds.json:4:34 ");
}

TEST_CASE("training files: accelerate and TrainingArguments together") {
  const std::string accelerate =
      "distributed_type: FSDP\nmixed_precision: bf16\nnum_processes: 4\nfsdp_config:\n"
      "  fsdp_sharding_strategy: SHARD_GRAD_OP\n  fsdp_activation_checkpointing: true\n";
  const std::string arguments =
      "output_dir: o\nper_device_train_batch_size: 2\ngradient_accumulation_steps: 3\n"
      "gradient_checkpointing: false\noptim: adamw_bnb_8bit\nmax_length: 512\nmax_steps: 10\n";
  const TrainingSpec spec = read({{"a.yaml", accelerate}, {"t.yaml", arguments}});
  CHECK(value(spec, TrainKey::kFramework) == "transformers");
  CHECK(value(spec, TrainKey::kZero) == "2");
  CHECK(value(spec, TrainKey::kGpus) == "4");
  CHECK(value(spec, TrainKey::kPrecision) == "amp");
  CHECK(value(spec, TrainKey::kRecompute) == "full");
  CHECK(value(spec, TrainKey::kOptimizer) == "adam8bit");
  CHECK(value(spec, TrainKey::kGlobalBatch) == "24");  // 2 x 3 x 4
  CHECK(value(spec, TrainKey::kTokens) == "122880");   // 10 x 24 x 512
  REQUIRE(spec.files.size() == 2);
  CHECK(spec.files[0].format == "accelerate config");
  CHECK(spec.files[1].format == "TrainingArguments");
}

TEST_CASE("training files: FSDP words of TrainingArguments") {
  const TrainingSpec spec =
      read("t.json", R"({"output_dir": "o", "fsdp": "hybrid_shard auto_wrap offload"})");
  CHECK(value(spec, TrainKey::kZero) == "3");
  CHECK(value(spec, TrainKey::kShardGroup) == "node");
  CHECK(value(spec, TrainKey::kOffload) == "yes");
}

TEST_CASE("training files: adapters") {
  const TrainingSpec some =
      read("a.json", R"({"peft_type": "LORA", "r": 8, "target_modules": ["q_proj", "v_proj"]})");
  CHECK(value(some, TrainKey::kMethod) == "lora");
  CHECK(value(some, TrainKey::kLoraRank) == "8");
  CHECK(gaps(some) == "target_modules@a.json:1:49 ");
  const TrainingSpec all =
      read("t.yaml", "use_peft: true\nload_in_4bit: true\nlora_target_modules: all-linear\n");
  CHECK(value(all, TrainKey::kMethod) == "qlora");
  CHECK(gaps(all).empty());
}

TEST_CASE("training files: statements that differ name both places") {
  CHECK(
      errors({{"a.json", R"({"train_micro_batch_size_per_gpu": 2})"},
              {"t.yaml", "output_dir: o\nper_device_train_batch_size: 4\n"}}) ==
      "train-conflict t.yaml:2:30: train_micro_batch_size_per_gpu at a.json:1:36 says 2, "
      "per_device_train_batch_size says 4 | files of one run must agree: change one of the two\n");
  // 2 sequences x 4 passes x 8 ranks are 64.
  CHECK(errors({{"a.json",
                 R"({"train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": 4,
                     "train_batch_size": 32})"},
                {"b.yaml", "distributed_type: DEEPSPEED\nnum_processes: 8\n"}})
            .find("a global batch of 32 is not 2 per pass x 8 replicas x 4 passes") !=
        std::string::npos);
  CHECK(errors({{"r.sh",
                 "torchrun --nproc-per-node 6 pretrain_gpt.py --num-layers 4 "
                 "--tensor-model-parallel-size 4 --micro-batch-size 1"}})
            .find("6 GPUs do not hold whole copies of tp 4") != std::string::npos);
}

TEST_CASE("training files: a default never contradicts a statement") {
  // TrainingArguments default to 8 sequences and no checkpointing.
  const TrainingSpec spec = read({{"t.yaml", "output_dir: o\nlearning_rate: 1e-4\n"},
                                  {"a.json", R"({"train_micro_batch_size_per_gpu": 2})"}});
  CHECK(value(spec, TrainKey::kMicroBatch) == "2");
  CHECK(value(spec, TrainKey::kFramework) == "(deepspeed)");
}

TEST_CASE("training files: bad values say what was expected") {
  CHECK(errors({{"a.json", R"({"zero_optimization": {"stage": 4}})"}}) ==
        "train-number a.json:1:33: zero_optimization.stage: found \"4\" | a whole number from 0 to "
        "3\n");
  CHECK(errors({{"t.yaml", "output_dir: o\noptim: adamw_troch\n"}})
            .starts_with("train-word t.yaml:2:8: optim: unknown \"adamw_troch\" | did you mean "
                         "\"adamw_torch\""));
  CHECK(errors({{"r.sh", "pretrain_gpt.py --num-layers 2.5"}})
            .starts_with("train-number r.sh:1:30: --num-layers: found \"2.5\""));
  CHECK(errors({{"x.json", "{\"a\": 1}"}}).starts_with("train-format x.json:1:1"));
  CHECK(errors({{"x.txt", "nothing here"}}).starts_with("train-format x.txt"));
  CHECK(errors({{"x.json", "{\"a\": "}}).starts_with("spec-"));
}

TEST_CASE("training files: files that name others") {
  const TrainingSpec spec =
      read("t.yaml", "output_dir: o\nper_device_train_batch_size: 1\ndeepspeed: ds.json\n");
  CHECK(gaps(spec) == "deepspeed@t.yaml:3:12 ");
  const auto followed = read_training_files({GPUSIZE_SOURCE_DIR "/tests/data/training/args.json"});
  REQUIRE(followed.ok());
  CHECK(value(*followed, TrainKey::kZero) == "2");
  CHECK(value(*followed, TrainKey::kOffload) == "yes");
  CHECK(followed->files.size() == 2);
}

TEST_CASE("training files: the model that Megatron's sizes describe") {
  const TrainingSpec spec = read("run.sh", kMegatron);
  REQUIRE(states_model(spec));
  const auto config = stated_model(spec);
  REQUIRE(config.ok());
  const Node root = config->root();
  CHECK(root.find("model_type").text() == "gpt2");
  CHECK(root.find("hidden_size").integer() == 1024);
  CHECK(root.find("intermediate_size").integer() == 4096);
  CHECK(root.find("vocab_size").integer() == 50432);  // up to a multiple of 128 x tp 2
  CHECK(root.find("hidden_size").location().str() == "run.sh:1:86");
  const TrainingSpec gated = read("o.txt",
                                  "--num-layers 2 --hidden-size 4096 --swiglu "
                                  "--num-attention-heads 32 --vocab-size 32000");
  const auto llama = stated_model(gated);
  REQUIRE(llama.ok());
  CHECK(llama->root().find("intermediate_size").integer() == 10880);  // 2/3 of 16384 in 64s
  const auto nameless = stated_model(read("o.txt", "--num-layers 2 --hidden-size 64"));
  REQUIRE_FALSE(nameless.ok());
  CHECK(nameless.errors().front().code == "train-model");
}
