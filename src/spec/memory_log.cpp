#include "gpusize/spec/memory_log.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

constexpr double kMostBytes = 1e15;  // a petabyte on one card is a slip

bool is_number_part(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ',';
}

/// A number that begins at the first digit of `text` (commas between digits are grouping), and what
/// follows it.
struct Counted {
  double value = 0.0;
  std::string_view rest;
};
std::optional<Counted> first_number(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) == 0) ++at;
  std::size_t end = at;
  while (end < text.size() && is_number_part(text[end])) ++end;
  std::string digits(text.substr(at, end - at));
  while (!digits.empty() && !std::isdigit(static_cast<unsigned char>(digits.back()))) {
    digits.pop_back();  // the full stop or comma of the sentence
    --end;
  }
  digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
  const auto value = parse_number(digits);
  if (!value) return {};
  return Counted{*value, text.substr(end)};
}

struct ByteUnit {
  std::string_view name;
  double bytes;
};
constexpr std::array<ByteUnit, 9> kByteUnits{{
    {"gib", 1073741824.0},
    {"mib", 1048576.0},
    {"kib", 1024.0},
    {"tib", 1099511627776.0},
    {"gb", 1073741824.0},  // vLLM before 0.8 divides by 2^30 and writes GB
    {"mb", 1048576.0},     // and PyTorch's summary by 2^20
    {"kb", 1024.0},
    {"tb", 1099511627776.0},
    {"b", 1.0},
}};

/// `14.96 GiB`, `1,024 MiB`, at the first digit of `text`.
std::optional<Bytes> first_size(std::string_view text) {
  const auto number = first_number(text);
  if (!number) return {};
  const std::string unit = to_lower(trim(number->rest.substr(0, 5)));
  for (const ByteUnit& known : kByteUnits) {
    if (!unit.starts_with(known.name)) continue;
    const double bytes = number->value * known.bytes;
    if (bytes > kMostBytes) return {};
    return Bytes::from_base(bytes);
  }
  return {};
}

/// A phrase of vLLM's log and what the size after it is. V0 and V1, up to 0.2x; wording of
/// vllm/worker/worker.py, vllm/v1/worker/gpu_worker.py and gpu_model_runner.py.
struct Phrase {
  std::string_view text;
  MemoryItem item;
};
constexpr std::array<Phrase, 17> kPhrases{{
    {"Model loading took", MemoryItem::kWeights},
    {"Loading model weights took", MemoryItem::kWeights},
    {"model weights take", MemoryItem::kWeights},
    {"weights memory:", MemoryItem::kWeights},
    {"non_torch_memory takes", MemoryItem::kNonTorch},
    {"non_torch_memory", MemoryItem::kNonTorch},
    {"non-torch forward increase memory:", MemoryItem::kNonTorch},
    {"PyTorch activation peak memory takes", MemoryItem::kActivations},
    {"PyTorch activation peak memory", MemoryItem::kActivations},
    {"torch peak memory increase:", MemoryItem::kActivations},
    {"the rest of the memory reserved for KV Cache is", MemoryItem::kKvCache},
    {"Available KV cache memory:", MemoryItem::kKvCache},
    {"available_kv_cache_memory", MemoryItem::kKvCache},
    {"CUDA graph pool memory:", MemoryItem::kGraphs},
    {"Graph capturing finished in", MemoryItem::kGraphs},
    {"total_gpu_memory", MemoryItem::kTotal},
    {"the current vLLM instance can use", MemoryItem::kUsable},
}};

void take(MemoryLog& log, MemoryItem item, std::optional<Bytes> bytes, int line) {
  if (!bytes || log.find(item) != nullptr) return;
  log.readings.push_back({item, *bytes, line});
}

/// The size that a phrase's line states; some lines have other numbers before it.
std::optional<Bytes> size_after(std::string_view rest, MemoryItem item) {
  if (item == MemoryItem::kGraphs) {
    const std::size_t took = rest.find("took ");  // `finished in 20 secs, took 0.62 GiB`
    if (took != std::string_view::npos) return first_size(rest.substr(took));
  }
  if (item == MemoryItem::kUsable) {
    const std::size_t equals = rest.find("= ");  // `total (79.2GiB) x 0.90 = 71.3GiB`
    if (equals != std::string_view::npos) return first_size(rest.substr(equals));
  }
  return first_size(rest);
}

/// `key=value` or `'key': value` of the options that the log repeats, without quotes.
std::optional<std::string> option(std::string_view line, std::string_view key) {
  for (std::size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    const bool starts = at == 0 || std::isalnum(static_cast<unsigned char>(line[at - 1])) == 0;
    if (!starts || (at > 0 && line[at - 1] == '_')) continue;
    std::string_view rest = line.substr(at + key.size());
    if (rest.starts_with('\'')) rest.remove_prefix(1);
    if (!rest.starts_with('=') && !rest.starts_with(':')) continue;
    rest = trim(rest.substr(1));
    if (rest.starts_with('\'') || rest.starts_with('"')) {
      const std::size_t close = rest.find(rest.front(), 1);
      if (close == std::string_view::npos) return {};
      return std::string(rest.substr(1, close - 1));
    }
    const std::size_t end = rest.find_first_of(",}) \t");
    return std::string(rest.substr(0, end));
  }
  return {};
}

void read_options(std::string_view line, MemoryLog& log) {
  const bool config = line.find("LLM engine (v") != std::string_view::npos;
  const bool arguments = line.find("non-default args:") != std::string_view::npos;
  if (!config && !arguments) return;
  const auto text = [&](std::string_view key, std::string& into) {
    if (const auto value = option(line, key);
        into.empty() && value && *value != "None" && value->size() < 4096)
      into = *value;
  };
  const auto count = [&](std::string_view key, std::optional<std::int64_t>& into) {
    const auto value = option(line, key);
    const auto number = value ? parse_integer(*value) : std::nullopt;
    if (!into && number && *number >= 1 && *number <= 65536) into = number;
  };
  if (config && log.version.empty()) {
    const std::size_t at = line.find("engine (v") + 9;
    log.version =
        std::string(line.substr(at, std::min<std::size_t>(line.substr(at).find(')'), 64)));
  }
  text("model", log.model);
  text("quantization", log.quantization);
  text("kv_cache_dtype", log.kv_cache_dtype);
  count("tensor_parallel_size", log.tp);
  count("pipeline_parallel_size", log.pp);
  if (const auto value = option(line, "gpu_memory_utilization"); value && !log.memory_fraction) {
    const auto number = parse_number(*value);
    if (number && *number > 0.0 && *number <= 1.0) log.memory_fraction = number;
  }
}

void read_log_line(std::string_view line, int number, MemoryLog& log) {
  for (const Phrase& phrase : kPhrases) {
    const std::size_t at = line.find(phrase.text);
    if (at == std::string_view::npos) continue;
    take(log, phrase.item, size_after(line.substr(at + phrase.text.size()), phrase.item), number);
  }
  constexpr std::string_view kTokens = "GPU KV cache size:";
  if (const std::size_t at = line.find(kTokens); at != std::string_view::npos && !log.kv_tokens) {
    const auto tokens = first_number(line.substr(at + kTokens.size()));
    if (tokens && tokens->value > 0.0 && tokens->value < kMostBytes) {
      log.kv_tokens = tokens->value;
      log.kv_tokens_line = number;
    }
  }
  constexpr std::string_view kFraction = "gpu_memory_utilization (";
  if (const std::size_t at = line.find(kFraction); at != std::string_view::npos) {
    const auto fraction = first_number(line.substr(at + kFraction.size()));
    if (fraction && fraction->value > 0.0 && fraction->value <= 1.0 && !log.memory_fraction)
      log.memory_fraction = fraction->value;
  }
  read_options(line, log);
}

/// A row of PyTorch's table: `| Allocated memory | 15.0 GiB | 17.2 GiB | ... |`.
void read_summary_line(std::string_view line, int number, MemoryLog& log) {
  const std::vector<std::string> cells = split(line, '|');
  if (cells.size() < 4) return;
  const std::string_view name = trim(cells[1]);
  if (name == "Allocated memory") {
    take(log, MemoryItem::kAllocatedNow, first_size(cells[2]), number);
    take(log, MemoryItem::kAllocatedPeak, first_size(cells[3]), number);
  } else if (name == "GPU reserved memory") {
    take(log, MemoryItem::kReservedPeak, first_size(cells[3]), number);
  }
}

}  // namespace

std::string_view name_of(MemoryItem item) {
  switch (item) {
    case MemoryItem::kTotal: return "total";
    case MemoryItem::kUsable: return "usable";
    case MemoryItem::kWeights: return "weights";
    case MemoryItem::kActivations: return "activations";
    case MemoryItem::kNonTorch: return "non_torch";
    case MemoryItem::kGraphs: return "graphs";
    case MemoryItem::kKvCache: return "kv_cache";
    case MemoryItem::kAllocatedPeak: return "allocated_peak";
    case MemoryItem::kAllocatedNow: return "allocated_now";
    case MemoryItem::kReservedPeak: return "reserved_peak";
  }
  return "total";
}

const MemoryReading* MemoryLog::find(MemoryItem item) const {
  const auto at = std::find_if(readings.begin(), readings.end(),
                               [&](const MemoryReading& r) { return r.item == item; });
  return at == readings.end() ? nullptr : &*at;
}

Result<MemoryLog> parse_memory_log(const std::string& file, std::string_view text) {
  MemoryLog log;
  log.is_summary = text.find("PyTorch CUDA memory summary") != std::string_view::npos;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (log.is_summary) {
      read_summary_line(line, number, log);
    } else {
      read_log_line(line, number, log);
    }
  }
  if (log.readings.empty()) {
    return make_error("memory-log-empty", "no line speaks of memory", {file, number, 1},
                      "a vLLM start-up log or the text of torch.cuda.memory_summary() is expected");
  }
  return log;
}

Result<MemoryLog> read_memory_log(const std::string& path) {
  const auto text = read_file(path);
  if (!text.ok()) return text.errors();
  return parse_memory_log(path, *text);
}

}  // namespace gpusize
