// Files of training runs: two in one input, parted by a line of dashes, so that they can contradict
// each other. The first bytes of each choose a script, JSON or YAML.
#include "gpusize/spec/training_files.hpp"

#include "fuzz/harness.hpp"

namespace {

std::string path_of(std::string_view text, const char* name) {
  const bool script = text.starts_with("#!") || text.starts_with("--") ||
                      text.starts_with("torchrun") || text.starts_with("pretrain");
  return std::string(name) + (script ? ".sh" : text.starts_with("{") ? ".json" : ".yaml");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gpusize;
  std::string_view text = fuzz::text_of(data, size);
  constexpr std::string_view kParts = "\n=====\n";
  std::vector<TrainingInput> inputs;
  const std::size_t at = text.find(kParts);
  if (at != std::string_view::npos) {
    const std::string_view second = text.substr(at + kParts.size());
    inputs.push_back({path_of(second, "b"), std::string(second)});
    text = text.substr(0, at);
  }
  inputs.insert(inputs.begin(), {path_of(text, "a"), std::string(text)});
  const auto read = read_training_texts(inputs, {.nodes = 10'000, .depth = 64});
  if (!read.ok()) {
    fuzz::check_errors(read.errors());
    return 0;
  }
  fuzz::expect(!read->files.empty(), "what was read is of a format");
  for (const auto& [key, setting] : read->settings) {
    fuzz::expect(!setting.where.file.empty(), "a value has a file");
    fuzz::expect(std::isfinite(setting.number), "numbers are finite");
  }
  for (const TrainGap& gap : read->not_assessed)
    fuzz::expect(!gap.what.empty() && !gap.reason.empty(), "a gap says what and why");
  if (states_model(*read)) {
    const auto config = stated_model(*read);
    fuzz::check(config);
  }
  return 0;
}
