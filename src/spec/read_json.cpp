#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

using nlohmann::json;

/// Where the lexer is, shared by all copies of the iterator that feeds it.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 0;
};

/// Feeds the parser and counts lines, so that every event has a place (that of its last character).
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') {
      ++position_->line;
      position_->column = 0;
    } else {
      ++position_->column;
    }
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
  Position* position_;
};

class Handler : public nlohmann::json_sax<json> {
 public:
  Handler(std::string file, const ReadLimits& limits, const Position& position)
      : file_(file), limits_(limits), position_(position), builder_(std::move(file)) {}

  bool null() override {
    return add([&] { builder_.null(position_.line, position_.column); });
  }
  bool boolean(bool value) override { return plain(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return plain(fmt::format("{}", value)); }
  bool number_unsigned(number_unsigned_t value) override { return plain(fmt::format("{}", value)); }
  bool number_float(number_float_t, const string_t& text) override { return plain(text); }
  bool string(string_t& value) override {
    return add([&] { builder_.scalar(value, true, position_.line, position_.column); });
  }
  bool binary(binary_t&) override { return fail("spec-json", "binary values are not JSON"); }

  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return deeper() && add([&] { builder_.open_map(position_.line, position_.column); });
  }
  bool key(string_t& value) override {
    if (!keys_.back().insert(value).second) {
      return fail("spec-duplicate-key", fmt::format("the key \"{}\" appears twice in one object", value));
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
    return deeper() && add([&] { builder_.open_sequence(position_.line, position_.column); });
  }
  bool end_array() override {
    builder_.close();
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // Keep the cause, drop the library's own prefix and position.
    const std::string_view what = error.what();
    const std::size_t cause = what.find(": ");
    return fail("spec-json", fmt::format("not valid JSON: {}",
                                         cause == std::string_view::npos ? what : what.substr(cause + 2)));
  }

  [[nodiscard]] const Diagnostics& errors() const { return errors_; }
  Document finish() && { return std::move(builder_).finish(); }

 private:
  template <typename F>
  bool add(F&& build) {
    if (builder_.next_index() >= limits_.nodes) {
      return fail("spec-too-large", fmt::format("more than {} values", limits_.nodes));
    }
    build();
    return true;
  }
  bool plain(const std::string& text) {
    return add([&] { builder_.scalar(text, false, position_.line, position_.column); });
  }
  bool deeper() {
    return builder_.depth() < limits_.depth ||
           fail("spec-too-deep", fmt::format("nested deeper than {} levels", limits_.depth));
  }
  bool fail(std::string code, std::string message) {
    errors_.push_back(make_error(std::move(code), std::move(message),
                                 {file_, static_cast<int>(position_.line),
                                  static_cast<int>(std::max(1U, position_.column))}));
    return false;
  }

  std::string file_;
  ReadLimits limits_;
  const Position& position_;
  DocumentBuilder builder_;
  std::vector<std::set<std::string>> keys_;
  Diagnostics errors_;
};

}  // namespace

Result<Document> read_json(std::string file, std::string_view text, const ReadLimits& limits) {
  Position position;
  Handler handler(std::move(file), limits, position);
  json::sax_parse(CountingIterator(text.data(), &position),
                  CountingIterator(text.data() + text.size(), &position), &handler);
  if (!handler.errors().empty()) return handler.errors();
  return std::move(handler).finish();
}

}  // namespace gpusize
