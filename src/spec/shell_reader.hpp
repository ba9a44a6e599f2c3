#pragma once
// The reader behind read_shell(): lexing in shell_words.cpp, expansion in shell_expand.cpp.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/spec/shell_words.hpp"

namespace gpusize {

/// What a test such as `[ "$A" = 1 ]` gives.
enum class Truth : std::uint8_t { kNo, kYes, kUnknown };

/// Words of one command while they are put together.
struct WordBuilder {
  std::vector<ShellWord> done;
  ShellWord current;
  bool open = false;

  void add(std::string_view text, bool split);
  void mark(std::string_view unresolved);
  void finish();
};

class ShellReader {
 public:
  ShellReader(std::string_view text, Locator& where, ShellEnvironment& environment)
      : text_(text), where_(where), environment_(environment) {}
  ShellScript run();

 private:
  struct Branch {
    Truth now = Truth::kUnknown;  ///< whether this branch runs
    bool done = false;            ///< an earlier branch of the same `if` ran for sure
  };
  struct PendingDocument {
    std::string delimiter;
    bool expand = true;
    bool strip_tabs = false;
    std::size_t command = 0;
    std::string target;
    std::vector<ShellWord> words;
  };

  // shell_words.cpp
  void step();
  void read_operator(char c);
  void read_redirect();
  void read_assignment_or_word();
  bool read_assignment();
  void read_array(const std::string& name, bool append);
  void read_documents();
  void end_command();
  bool keyword();
  [[nodiscard]] Truth running() const;
  void assign(const std::string& name, ShellValue value, bool append);
  [[nodiscard]] std::vector<ShellWord> word(bool split);
  void skip_blanks();
  [[nodiscard]] bool assignments_so_far() const;

  // shell_expand.cpp
  void word_into(WordBuilder& out, bool split, std::string_view stops);
  void quoted_into(WordBuilder& out, bool split);
  void dollar_into(WordBuilder& out, bool split);
  void braces_into(WordBuilder& out, bool split);
  void value_into(WordBuilder& out, std::string_view name, bool all, bool split);
  /// `"${LIST[*]}"`: one word, joined by spaces.
  void joined_into(WordBuilder& out, std::string_view name);
  void default_into(WordBuilder& out, std::string_view text, bool split);
  [[nodiscard]] std::optional<std::string> arithmetic(std::string_view text, std::string& unknown);
  [[nodiscard]] std::size_t closing(std::size_t from, char open, char close) const;
  [[nodiscard]] bool spend(std::size_t bytes);

  std::string_view text_;
  std::size_t at_ = 0;
  Locator& where_;
  ShellEnvironment& environment_;
  ShellScript script_;
  std::vector<ShellWord> command_;
  std::string redirect_target_;
  std::vector<Branch> branches_;
  std::vector<PendingDocument> pending_;
  Truth condition_ = Truth::kUnknown;
  bool compound_ = false;  ///< the condition joins several tests
  int depth_ = 0;
  std::size_t budget_ = std::size_t{8} << 20;  ///< bytes that expansion may still make
};

/// The outcome of `[ ... ]`, `[[ ... ]]` or `test ...`.
Truth evaluate_test(const std::vector<ShellWord>& words);

}  // namespace gpusize
