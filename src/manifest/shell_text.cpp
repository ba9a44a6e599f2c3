#include "manifest/shell_text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gpusize {

std::string shell_word(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-+=@%,:";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(word);
  // A variable is put in by the shell; everything else stands as it is.
  if (word.starts_with('$')) return fmt::format("\"{}\"", word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_command(const EngineCommand& command, const std::string& before,
                          const std::string& indent) {
  std::string out = before;
  for (const std::string& word : command.program)
    out += (&word == &command.program.front() ? "" : " ") + word;
  for (const std::string& word : command.positional) out += " " + shell_word(word);
  for (const EngineOption& option : command.options) {
    out += fmt::format(" \\\n{}--{}", indent, option.name);
    if (!option.value.empty()) out += " " + shell_word(option.value);
    for (const std::string& word : option.more) out += " " + shell_word(word);
  }
  return out + "\n";
}

std::string shell_file(const EngineCommand& command) {
  if (command.file_name.empty()) return {};
  return fmt::format("cat > {} <<'EOF'\n{}EOF\n", command.file_name, yaml_text(command.file));
}

std::string start_text(const Manifest& m) {
  return fmt::format(
      "{:.1f} GB of weights a node at {:g} GB/s ({}) and {:g} s after that: {:.0f} s",
      m.start.weight_gb, m.start.load_gb_s, m.start.source, m.start.start_s, m.start.seconds());
}

std::string reader_note(const Manifest& m) {
  std::string id = m.card.id;
  std::replace(id.begin(), id.end(), ' ', '-');
  std::string out = "gpusize: gpu=" + id;
  if (!m.model_id.empty()) out += " model=" + m.model_id;
  return out;
}

std::string header_comments(const Manifest& m) {
  return fmt::format("# {}\n# A start: {}\n# {}\n", m.summary, start_text(m), reader_note(m));
}

}  // namespace gpusize
