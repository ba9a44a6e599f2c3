#include "spec/deploy_docker.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kPrograms{"docker", "podman", "nerdctl"};
/// Long options without a value; every other one has one.
constexpr std::array<std::string_view, 11> kSwitches{"detach",
                                                     "disable-content-trust",
                                                     "init",
                                                     "interactive",
                                                     "no-healthcheck",
                                                     "oom-kill-disable",
                                                     "privileged",
                                                     "publish-all",
                                                     "quiet",
                                                     "read-only",
                                                     "rm"};
constexpr std::string_view kShortSwitches = "ditPq";

template <std::size_t N>
bool listed(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// `all`, `2`, `device=0,1`, `"device=0,1"`.
Stated<std::int64_t> gpus_of(std::string_view value, Place place) {
  while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
  if (const auto count = parse_integer(value); count && *count > 0)
    return Placed<std::int64_t>{*count, place};
  constexpr std::string_view kDevice = "device=";
  if (!value.starts_with(kDevice) || value.size() == kDevice.size()) return {};
  const auto ids = static_cast<std::int64_t>(split(value.substr(kDevice.size()), ',').size());
  return Placed<std::int64_t>{ids, place};
}

class Reader {
 public:
  Reader(std::span<const ShellWord> words, ShellEnvironment& environment)
      : words_(words), environment_(environment) {}

  std::optional<ContainerRun> read(std::size_t at) {
    while (at < words_.size() && words_[at].text.starts_with('-')) at = option(at);
    if (at >= words_.size()) return {};
    run_.image = words_[at];
    run_.command = std::move(entry_);
    run_.has_entry = !run_.command.empty();
    run_.command.insert(run_.command.end(), words_.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        words_.end());
    return std::move(run_);
  }

 private:
  /// Reads the option at `at`; the index behind it and its value.
  std::size_t option(std::size_t at) {
    const ShellWord& word = words_[at];
    const bool is_long = word.text.starts_with("--");
    std::string_view name = std::string_view(word.text).substr(is_long ? 2 : 1);
    const std::size_t equals = name.find('=');
    if (is_long && equals != std::string_view::npos) {
      take(name.substr(0, equals), word, name.substr(equals + 1));
      return at + 1;
    }
    const bool is_switch = is_long
                               ? listed(kSwitches, name)
                               : name.find_first_not_of(kShortSwitches) == std::string_view::npos;
    if (is_switch) return at + 1;
    if (!is_long && name.size() > 1) {  // -p8000:8000
      take(name.substr(0, 1), word, name.substr(1));
      return at + 1;
    }
    if (at + 1 < words_.size()) take(name, words_[at + 1], words_[at + 1].text);
    return at + 2;
  }

  void take(std::string_view name, const ShellWord& word, std::string_view value) {
    if (name == "gpus") run_.gpus = gpus_of(value, word.place);
    if (name == "shm-size" || (name == "ipc" && value == "host")) run_.shared_memory = true;
    if (name == "entrypoint" && !value.empty())
      entry_ = {{std::string(value), word.unresolved, word.place}};
    if (name != "e" && name != "env") return;
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos) return;  // handed on from the caller
    environment_[std::string(value.substr(0, equals))] =
        ShellValue{{{std::string(value.substr(equals + 1)), word.unresolved, word.place}}, false};
  }

  std::span<const ShellWord> words_;
  ShellEnvironment& environment_;
  std::vector<ShellWord> entry_;
  ContainerRun run_;
};

}  // namespace

std::optional<ContainerRun> read_container_run(std::span<const ShellWord> words,
                                               ShellEnvironment& environment) {
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    if (!listed(kPrograms, base_name(words[i].text))) continue;
    const std::size_t run = words[i + 1].text == "container" ? i + 2 : i + 1;
    if (words[run].text == "run") return Reader(words, environment).read(run + 1);
  }
  return {};
}

}  // namespace gpusize
