#pragma once
// Engines as data: how each is recognised and what its options mean. One file and one row per
// engine; apply_*() read command lines, environments and option files by these tables.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/spec/deployed.hpp"
#include "gpusize/spec/shell_words.hpp"

namespace gpusize {

enum class ArgShape : std::uint8_t { kValue, kSwitch };

/// One option that matters; exactly one of the members is set.
struct EngineArg {
  std::string_view name;  ///< without dashes; words joined by dashes; nested file keys by dots
  ArgShape shape = ArgShape::kValue;
  Stated<std::string> ServingArgs::*text = nullptr;
  Stated<std::int64_t> ServingArgs::*count = nullptr;
  Stated<double> ServingArgs::*number = nullptr;
  Stated<bool> ServingArgs::*flag = nullptr;
  std::string_view renamed_to = {};  ///< set: this is an old name
};

constexpr EngineArg arg(std::string_view name, Stated<std::string> ServingArgs::*member,
                        std::string_view renamed_to = {}) {
  return {name, ArgShape::kValue, member, nullptr, nullptr, nullptr, renamed_to};
}
constexpr EngineArg arg(std::string_view name, Stated<std::int64_t> ServingArgs::*member,
                        std::string_view renamed_to = {}) {
  return {name, ArgShape::kValue, nullptr, member, nullptr, nullptr, renamed_to};
}
constexpr EngineArg arg(std::string_view name, Stated<double> ServingArgs::*member,
                        std::string_view renamed_to = {}) {
  return {name, ArgShape::kValue, nullptr, nullptr, member, nullptr, renamed_to};
}
constexpr EngineArg arg(std::string_view name, Stated<bool> ServingArgs::*member,
                        std::string_view renamed_to = {}) {
  return {name, ArgShape::kSwitch, nullptr, nullptr, nullptr, member, renamed_to};
}

struct EngineReader {
  std::string_view id;  ///< catalog id where there is one
  /// Command forms, words joined by spaces; the first is compared without its folder.
  std::span<const std::string_view> commands;
  std::span<const std::string_view> images;  ///< parts of image paths
  std::span<const EngineArg> args;
  std::string_view other_values;    ///< further options with a value, space separated
  std::string_view other_switches;  ///< further options without
  /// Environment variables; names as written, `renamed_to` unused.
  std::span<const EngineArg> environment;
  std::string_view extra_args_variable = {};  ///< holds further command-line options
  std::string_view released_as = {};  ///< part of image paths whose tags are the engine's releases
  bool positional_model = false;
  bool abbreviations = true;  ///< argparse: unique prefixes of options are taken
  bool training = false;
  bool takes_all_gpus = false;  ///< without degrees it spreads over every GPU that it sees
};

const EngineReader* find_engine_reader(std::string_view id);

/// Where in `words` an engine starts: the index behind its command form.
struct EngineMatch {
  const EngineReader* engine = nullptr;
  std::size_t first_arg = 0;
  Place place;
};
EngineMatch match_command(std::span<const ShellWord> words);
/// By image path, tag left out.
const EngineReader* match_image(std::string_view image);

/// Reads options into the workload; unknown ones are passed over, what is unresolved is noted.
void apply_arguments(const EngineReader& engine, std::span<const ShellWord> words,
                     DeployedWorkload& workload);
void apply_environment(const EngineReader& engine, const ShellEnvironment& environment,
                       DeployedWorkload& workload);
/// Options in a file: a map whose nested keys are joined by dots.
void apply_option_file(const EngineReader& engine, Node map, DeployedWorkload& workload);
/// One value under an option's name (Helm values, Ray's engine_kwargs); false: no such option.
bool apply_value(const EngineReader& engine, std::string_view name, std::string_view value,
                 Place place, DeployedWorkload& workload);

/// `8192`, `8k` (thousand), `8K` (1024), `1.5M`; -1 and `auto` are not counts.
std::optional<std::int64_t> parse_count(std::string_view text);

// One per source file.
extern const EngineReader kVllm;
extern const EngineReader kSglang;
extern const EngineReader kTensorRtLlm;
extern const EngineReader kTgi;
extern const EngineReader kLlamaCpp;
extern const EngineReader kLmdeploy;
extern const EngineReader kTriton;
extern const EngineReader kMegatron;
extern const EngineReader kTorchrun;

}  // namespace gpusize
