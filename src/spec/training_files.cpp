#include "gpusize/spec/training_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

/// Formats that are maps; told apart by how many of their keys a document has.
constexpr std::array<const TrainDialect*, 4> kMaps{&kTrainingArguments, &kDeepSpeedConfig,
                                                   &kAccelerateConfig, &kAdapterConfig};

bool ends_with(std::string_view path, std::initializer_list<std::string_view> endings) {
  const std::string lower = to_lower(path);
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return lower.ends_with(ending); });
}

/// Keys of `map` that the dialect reads, nested ones under their parent.
std::size_t known_keys(const TrainDialect& dialect, Node map) {
  std::size_t out = 0;
  for (const Node child : map) {
    const std::string key = to_lower(child.key());
    const bool parent = std::any_of(
        dialect.rows.begin(), dialect.rows.end(),
        [&](const TrainRow& row) { return row.name == key || row.name.starts_with(key + "."); });
    if (parent) {
      out += 2;
    } else if (is_irrelevant(dialect, key)) {
      ++out;
    }
  }
  return out;
}

/// Keys that only one format has.
const TrainDialect* told_by(Node root) {
  if (root.find("peft_type")) return &kAdapterConfig;
  if (root.find("zero_optimization") || root.find("train_micro_batch_size_per_gpu"))
    return &kDeepSpeedConfig;
  if (root.find("compute_environment") || root.find("distributed_type")) return &kAccelerateConfig;
  return nullptr;
}

const TrainDialect* dialect_of(Node root) {
  if (const TrainDialect* told = told_by(root)) return told;
  const TrainDialect* best = nullptr;
  std::size_t most = 0;
  for (const TrainDialect* dialect : kMaps) {
    const std::size_t keys = known_keys(*dialect, root);
    if (keys > most) {
      best = dialect;
      most = keys;
    }
  }
  return best;
}

class Reader {
 public:
  Reader(TrainingSpec& spec, Diagnostics& problems, const ReadLimits& limits)
      : spec_(spec), problems_(problems), limits_(limits), out_(spec, problems) {}

  void read(const TrainingInput& input) {
    const std::string_view text = trim(input.text);
    const bool braces = text.starts_with("{");
    if (ends_with(input.path, {".json"}) || braces)
      return map(input.path, read_json(input.path, input.text, limits_));
    if (ends_with(input.path, {".yaml", ".yml"}))
      return map(input.path, read_yaml(input.path, input.text, limits_));
    if (!is_valid_utf8(input.text))
      return out_.error("spec-encoding", "the file is not UTF-8 text", {input.path, 0, 0});
    read_training_script(input.path, input.text, out_, spec_);
  }

  /// Files named since the last call.
  std::vector<TrainCollector::Reference> named() { return std::exchange(out_.references, {}); }
  TrainCollector& out() { return out_; }

 private:
  void map(const std::string& path, const Result<Document>& document) {
    if (!document.ok()) {
      problems_.insert(problems_.end(), document.errors().begin(), document.errors().end());
      return;
    }
    const Node root = document->empty() ? Node{} : document->root();
    if (!root || !root.is_map()) return unknown_format(path, Location{path, 0, 0});
    // Megatron's test recipes keep the options in a map.
    const Node options = root.find("MODEL_ARGS");
    const TrainDialect* dialect =
        options && options.is_map() ? &kMegatronArguments : dialect_of(root);
    if (dialect == nullptr) return unknown_format(path, root.location());
    spec_.files.push_back({path, std::string(dialect->label)});
    if (dialect->options) {
      read_options(*dialect, options);
    } else {
      read_training_map(*dialect, root, out_);
    }
    out_.imply(*dialect, root.location());
  }

  void read_options(const TrainDialect& dialect, Node options) {
    for (const Node option : options) {
      if (!option.is_scalar()) continue;
      std::string name = to_lower(option.key());
      name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
      std::replace(name.begin(), name.end(), '_', '-');
      if (!out_.apply(dialect, name, option.text(), option.location(), option.key()))
        out_.unknown(dialect, name, option.location(), option.key());
    }
  }

  void unknown_format(const std::string& path, const Location& where) {
    out_.error("train-format", fmt::format("{} is no training file that is known", printable(path)),
               where,
               "Megatron arguments (a script or options), DeepSpeed JSON, accelerate YAML, "
               "TrainingArguments or adapter_config.json");
  }

  TrainingSpec& spec_;
  Diagnostics& problems_;
  const ReadLimits& limits_;
  TrainCollector out_;
};

void leave_out(Reader& reader, const TrainCollector::Reference& named, std::string_view why) {
  reader.out().gap(named.written, fmt::format("{}: {}", printable(named.path), why), named.where);
}

/// Reads what files name: relative to their folder, once each, one level deep.
void follow(Reader& reader, std::vector<std::string>& seen, const ReadLimits& limits) {
  for (const TrainCollector::Reference& named : reader.named()) {
    std::filesystem::path path(named.path);
    if (path.is_relative()) path = std::filesystem::path(named.where.file).parent_path() / path;
    const std::string shown = path.lexically_normal().string();
    if (std::find(seen.begin(), seen.end(), shown) != seen.end()) continue;
    seen.push_back(shown);
    const auto text = read_file(shown, limits);
    if (!text.ok()) {
      leave_out(reader, named, "cannot be read here");
      continue;
    }
    reader.read({shown, *text});
    for (const TrainCollector::Reference& further : reader.named())
      leave_out(reader, further, "named by a file that is itself named");
  }
}

}  // namespace

Result<TrainingSpec> read_training_texts(const std::vector<TrainingInput>& inputs,
                                         const ReadLimits& limits) {
  TrainingSpec spec;
  Diagnostics problems;
  Reader reader(spec, problems, limits);
  for (const TrainingInput& input : inputs) {
    reader.read(input);
    for (const TrainCollector::Reference& named : reader.named())
      leave_out(reader, named, "not read");
  }
  if (!has_errors(problems)) settle_training(spec, problems);
  if (has_errors(problems)) return problems;
  return spec;
}

Result<TrainingSpec> read_training_files(const std::vector<std::string>& paths,
                                         const ReadLimits& limits) {
  TrainingSpec spec;
  Diagnostics problems;
  Reader reader(spec, problems, limits);
  std::vector<std::string> seen;
  for (const std::string& path : paths)
    seen.push_back(std::filesystem::path(path).lexically_normal().string());
  for (const std::string& path : paths) {
    const auto text = read_file(path, limits);
    if (!text.ok()) {
      problems.insert(problems.end(), text.errors().begin(), text.errors().end());
      continue;
    }
    reader.read({path, *text});
    follow(reader, seen, limits);
  }
  if (!has_errors(problems)) settle_training(spec, problems);
  if (has_errors(problems)) return problems;
  return spec;
}

}  // namespace gpusize
