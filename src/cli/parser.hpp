#pragma once
// The option parser as the commands see it. CLI11's header takes seconds to compile, so only
// parser.cpp and main.cpp include it.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace gpusize::cli {

/// What a value must be; the help shows its short form.
class Check {
 public:
  /// `complaint` says what is wrong with a text, empty when nothing is; `shown` stands in the help.
  Check(std::function<std::string(const std::string& text)> complaint, std::string shown);
  explicit Check(std::shared_ptr<const CLI::Validator> validator);

 private:
  friend class Option;
  std::shared_ptr<const CLI::Validator> validator_;
};

/// A number within [low, high]. T: int, std::int64_t or double.
template <typename T>
Check range(T low, T high);
Check not_negative();
Check one_of(const std::vector<std::string>& words);

/// An option of the parser, which owns it. Reads like a pointer to it, as in CLI11.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}
  Option* operator->() { return this; }

  Option& required(bool value = true);
  /// Every use counts, not only the last.
  Option& take_all();
  Option& check(const Check& check);
  /// Shows the value that the variable has now.
  Option& capture_default_str();
  /// Whether more than one value may follow one use.
  Option& allow_extra_args(bool value);
  /// Several values in one word, split here.
  Option& delimiter(char between);

 private:
  CLI::Option* option_;
};

/// A subcommand's part of the parser. A handle: copies add to the same parser.
class Parser {
 public:
  explicit Parser(CLI::App& app) : app_(&app) {}

  /// `name` as `--name`, or a word alone for what stands without. T: what parser.cpp lists.
  template <typename T>
  Option add_option(const std::string& name, T& target, const std::string& help);
  Option add_flag(const std::string& name, bool& target, const std::string& help);
  Option add_flag_callback(const std::string& name, std::function<void()> given,
                           const std::string& help);
  Parser add_subcommand(const std::string& name, const std::string& help);
  void remove_option(const std::string& name);

  /// After parsing: whether this subcommand was chosen, and how often an option was given (0 where
  /// there is none).
  bool parsed() const;
  std::size_t count(const std::string& option) const;

 private:
  CLI::App* app_;
};

}  // namespace gpusize::cli
