#include "calibrate/notes.hpp"

#include <algorithm>
#include <array>

#include "gpusize/core/text.hpp"

namespace gpusize::calibrate {
namespace {

struct OptionName {
  NoteOption option;
  std::string_view name;  ///< with dashes, as compared
};

// vLLM's, SGLang's and TensorRT-LLM's names of the same setting.
constexpr std::array<OptionName, 11> kNames{{
    {NoteOption::kMemoryFraction, "gpu-memory-utilization"},
    {NoteOption::kMemoryFraction, "mem-fraction-static"},
    {NoteOption::kMemoryFraction, "kv-cache-free-gpu-mem-fraction"},
    {NoteOption::kMemoryFraction, "kv-cache-free-gpu-memory-fraction"},
    {NoteOption::kMaxSequences, "max-num-seqs"},
    {NoteOption::kMaxSequences, "max-running-requests"},
    {NoteOption::kMaxSequences, "max-batch-size"},
    {NoteOption::kMaxBatchedTokens, "max-num-batched-tokens"},
    {NoteOption::kMaxBatchedTokens, "chunked-prefill-size"},
    {NoteOption::kMaxBatchedTokens, "max-num-tokens"},
    {NoteOption::kKvCacheDtype, "kv-cache-dtype"},
}};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/// Lower case with underscores as dashes, so that `max_num_seqs` is `max-num-seqs`.
std::string comparable(std::string_view text) {
  std::string out = to_lower(text);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

/// The number behind `prefix` at the front of `text`, which moves past it; 0 when it is not there.
std::int64_t take_count(std::string_view& text, std::string_view prefix) {
  text = trim(text);
  if (!text.starts_with(prefix)) return 0;
  text.remove_prefix(prefix.size());
  std::int64_t value = 0;
  constexpr std::int64_t kMost = 1'000'000;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9' && value < kMost) {
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return value;
}

std::optional<PoolNote> parse_pool(std::string_view text) {
  PoolNote pool;
  const std::int64_t workers = take_count(text, "");
  if (workers > 0) pool.workers = workers;
  text = trim(text);
  if (!text.starts_with("workers")) return {};
  text.remove_prefix(std::string_view("workers").size());
  pool.tp = take_count(text, "tp");
  pool.dp = take_count(text, "dp");
  pool.ep = take_count(text, "ep");
  const std::size_t close = text.find(')');
  const std::size_t open = text.find("(=");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  std::string_view size = text.substr(open, close - open);
  pool.gpus = take_count(size, "(=");
  if (pool.tp < 1 || pool.dp < 1 || pool.ep < 1 || pool.gpus < 1) return {};
  return pool;
}

/// The value in the title of the run's section, `section "Max Num Seqs 256"`: what this run changed
/// of the command that the page shows for all.
std::optional<std::string> option_in_title(std::string_view notes, NoteOption option) {
  constexpr std::string_view kSection = "section \"";
  const std::size_t at = notes.find(kSection);
  if (at == std::string_view::npos) return {};
  std::string_view title = notes.substr(at + kSection.size());
  title = title.substr(0, title.find('"'));
  std::string text = comparable(title);
  std::replace(text.begin(), text.end(), ' ', '-');
  for (const OptionName& name : kNames) {
    if (name.option != option || !text.starts_with(name.name)) continue;
    const std::string value = text.substr(std::min(name.name.size() + 1, text.size()));
    if (parse_number(value)) return value;
  }
  return {};
}

}  // namespace

std::optional<std::string> option_in_notes(std::string_view notes, NoteOption option) {
  if (auto titled = option_in_title(notes, option)) return titled;
  if (notes.find_first_of("-_") == std::string_view::npos) return {};
  const std::string text = comparable(notes);
  for (const OptionName& name : kNames) {
    if (name.option != option) continue;
    const std::size_t at = text.find(name.name);
    if (at == std::string::npos) continue;
    std::size_t value = at + name.name.size();
    if (value >= text.size() || (text[value] != ' ' && text[value] != '=')) continue;
    while (value < text.size() && (text[value] == ' ' || text[value] == '=')) ++value;
    const std::string_view word = word_at(text, value);
    if (!word.empty()) return std::string(word);
  }
  return {};
}

std::optional<double> number_in_notes(std::string_view notes, NoteOption option) {
  const auto word = option_in_notes(notes, option);
  if (!word) return {};
  std::string_view text = *word;
  while (!text.empty() && (text.back() == '.' || text.back() == '-'))
    text.remove_suffix(1);  // end of a sentence
  return parse_number(text);
}

std::optional<double> depth_in_notes(std::string_view notes) {
  constexpr std::string_view kWords = "at depth ";
  const std::size_t at = notes.find(kWords);
  if (at == std::string_view::npos) return {};
  std::string_view rest = notes.substr(at);
  const std::int64_t depth = take_count(rest, kWords);
  if (depth < 1) return {};
  return static_cast<double>(depth);
}

bool batch_is_limit(std::string_view notes) {
  return notes.find("in-flight batching") != std::string_view::npos &&
         notes.find("max batch") != std::string_view::npos;
}

std::optional<PoolNote> pool_in_notes(std::string_view notes, std::string_view role) {
  const std::string text = to_lower(notes);
  for (std::size_t at = text.find(role); at != std::string::npos; at = text.find(role, at + 1)) {
    if (const auto pool = parse_pool(std::string_view(text).substr(at + role.size()))) return pool;
  }
  return {};
}

}  // namespace gpusize::calibrate
