#include <memory>

#include "cli/command.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/fleet/compat_document.hpp"

namespace gpusize::cli {
namespace {

struct CompatOptions {
  CommonOptions common;
  std::string gpu;
  std::vector<std::string> engines;
  std::vector<std::string> frameworks;
  std::vector<std::string> dtypes;
  std::vector<std::string> kernels;
  std::string cuda;
  std::string driver;
  std::string rocm;
  bool mig = false;
  bool vgpu = false;
};

/// `vllm@0.20` as a question.
CompatQuestion question(const std::string& text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos) return {normalise_name(text), ""};
  return {normalise_name(text.substr(0, at)), text.substr(at + 1)};
}

std::vector<CompatQuestion> questions(const CompatOptions& o) {
  std::vector<CompatQuestion> out;
  for (const auto* list : {&o.engines, &o.frameworks, &o.dtypes, &o.kernels}) {
    for (const std::string& text : *list) out.push_back(question(text));
  }
  if (!o.cuda.empty()) out.push_back({"cuda", o.cuda});
  if (!o.driver.empty()) out.push_back({"driver", o.driver});
  if (!o.rocm.empty()) out.push_back({"rocm", o.rocm});
  if (o.mig) out.push_back({"mig", ""});
  if (o.vgpu) out.push_back({"vgpu", ""});
  return out;
}

int run(const CompatOptions& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto gpu = catalog->find_gpu(o.gpu);
  if (!gpu.ok()) return fail(gpu.errors());
  note(gpu->note);
  auto document = compat_document(*catalog, *gpu->entry, questions(o));
  if (!document.ok()) return fail(document.errors());
  const bool forbidden = document->json()["status"] == "forbidden";
  return emit(*document, o.common, forbidden ? kNegative : kAnswered);
}

}  // namespace

std::function<int()> setup_compat(Parser& app) {
  auto o = std::make_shared<CompatOptions>();
  app.add_option("--gpu", o->gpu, "The card, any of its names")->required();
  app.add_option("--engine", o->engines,
                 "vllm, sglang, tensorrt-llm; NAME@VERSION, else the current one (repeatable)")
      ->take_all();
  app.add_option("--framework", o->frameworks, "pytorch, tensorrt; NAME@VERSION (repeatable)")
      ->take_all();
  app.add_option("--dtype", o->dtypes, "bf16, fp16, fp8, int8, fp4 (repeatable)")->take_all();
  app.add_option("--kernel", o->kernels,
                 "flash-attention-2, flash-attention-3, flashmla, awq, marlin, ... (repeatable)")
      ->take_all();
  app.add_option("--cuda", o->cuda, "CUDA toolkit version");
  app.add_option("--driver", o->driver, "Driver version");
  app.add_option("--rocm", o->rocm, "ROCm version");
  app.add_flag("--mig", o->mig, "Whether the card has MIG");
  app.add_flag("--vgpu", o->vgpu, "Whether the card has vGPU");
  add_common_options(app, o->common);
  return [o] { return run(*o); };
}

}  // namespace gpusize::cli
