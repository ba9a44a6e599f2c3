#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

using nlohmann::json;

struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 0;
};

/// What the lexer has read, shared by all copies of the iterator that feeds it. The library tells
/// no places, so this follows the text just far enough to know where the latest token began.
class Progress {
 public:
  void read(char c) {
    if (c == '\n') {
      ++last_.line;
      last_.column = 0;
    } else {
      ++last_.column;
    }
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
      return;
    }
    constexpr std::string_view kBetween = " \t\r\n,:]}";
    if (kBetween.find(c) != std::string_view::npos) {
      in_word_ = false;
      return;
    }
    const bool starts = c == '"' || c == '[' || c == '{' || !in_word_;
    if (starts) token_ = last_;
    in_string_ = c == '"';
    in_word_ = !in_string_ && c != '[' && c != '{';
  }

  /// Of the last character.
  [[nodiscard]] Place last() const { return last_; }
  /// Of the first character of the latest value or key.
  [[nodiscard]] Place token() const { return token_; }

 private:
  Place last_;
  Place token_;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_word_ = false;  ///< a number or literal
};

/// Feeds the parser and tells the progress.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Progress* progress) : at_(at), progress_(progress) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    progress_->read(*at_);
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Progress* progress_;
};

/// The library's message without its own prefix and position, at a readable length.
std::string cause_of(std::string_view what) {
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  if (what.starts_with("parse error")) {
    if (const auto end = what.find(": "); end != std::string_view::npos)
      what.remove_prefix(end + 2);
  }
  constexpr std::size_t kShown = 200;
  if (what.size() <= kShown) return std::string(what);
  return std::string(what.substr(0, kShown)) + "...";
}

class Handler : public nlohmann::json_sax<json> {
 public:
  Handler(std::string file, const ReadLimits& limits, const Progress& progress)
      : file_(file), limits_(limits), progress_(progress), builder_(std::move(file)) {}

  bool null() override {
    return add([&](Place at) { builder_.null(at.line, at.column); });
  }
  bool boolean(bool value) override { return plain(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return plain(fmt::format("{}", value)); }
  bool number_unsigned(number_unsigned_t value) override { return plain(fmt::format("{}", value)); }
  bool number_float(number_float_t, const string_t& text) override { return plain(text); }
  bool string(string_t& value) override {
    return add([&](Place at) { builder_.scalar(value, true, at.line, at.column); });
  }
  bool binary(binary_t&) override { return fail("spec-json", "binary values are not JSON"); }

  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return deeper() && add([&](Place at) { builder_.open_map(at.line, at.column); });
  }
  bool key(string_t& value) override {
    if (!keys_.back().insert(value).second) {
      return fail("spec-duplicate-key",
                  fmt::format("the key \"{}\" appears twice in one object", value));
    }
    builder_.key(value);
    return true;
  }
  bool end_object() override {
    keys_.pop_back();
    builder_.close();
    return true;
  }
  bool start_array(std::size_t) override {
    return deeper() && add([&](Place at) { builder_.open_sequence(at.line, at.column); });
  }
  bool end_array() override {
    builder_.close();
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    return fail("spec-json", fmt::format("not valid JSON: {}", cause_of(error.what())),
                progress_.last());
  }

  [[nodiscard]] const Diagnostics& errors() const { return errors_; }
  Document finish() && { return std::move(builder_).finish(); }

 private:
  template <typename F>
  bool add(F&& build) {
    if (builder_.next_index() >= limits_.nodes) {
      return fail("spec-too-large", fmt::format("more than {} values", limits_.nodes));
    }
    build(progress_.token());
    return true;
  }
  bool plain(const std::string& text) {
    return add([&](Place at) { builder_.scalar(text, false, at.line, at.column); });
  }
  bool deeper() {
    return builder_.depth() < limits_.depth ||
           fail("spec-too-deep", fmt::format("nested deeper than {} levels", limits_.depth));
  }
  bool fail(std::string code, std::string message) {
    return fail(std::move(code), std::move(message), progress_.token());
  }
  bool fail(std::string code, std::string message, Place at) {
    errors_.push_back(
        make_error(std::move(code), std::move(message),
                   {file_, static_cast<int>(at.line), static_cast<int>(std::max(1U, at.column))}));
    return false;
  }

  std::string file_;
  ReadLimits limits_;
  const Progress& progress_;
  DocumentBuilder builder_;
  std::vector<std::set<std::string>> keys_;
  Diagnostics errors_;
};

}  // namespace

Result<Document> read_json(std::string file, std::string_view text, const ReadLimits& limits) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Progress progress;
  Handler handler(std::move(file), limits, progress);
  json::sax_parse(CountingIterator(text.data(), &progress),
                  CountingIterator(text.data() + text.size(), &progress), &handler);
  if (!handler.errors().empty()) return handler.errors();
  return std::move(handler).finish();
}

}  // namespace gpusize
