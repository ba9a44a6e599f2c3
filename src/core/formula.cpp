#include "gpusize/core/formula.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace gpusize {
namespace {

using Lookup = std::function<std::optional<double>(std::string_view)>;

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Recursive descent over sum > product > power > primary.
class Evaluator {
 public:
  Evaluator(std::string_view text, const Lookup& lookup) : text_(text), lookup_(lookup) {}

  Result<double> run() {
    const double value = sum();
    skip_space();
    if (error_.empty() && at_ != text_.size()) fail("unexpected text");
    if (!error_.empty()) return make_error(code_, error_);
    return value;
  }

 private:
  double sum() {
    double value = product();
    while (error_.empty()) {
      if (take('+')) {
        value += product();
      } else if (take('-')) {
        value -= product();
      } else {
        break;
      }
    }
    return value;
  }

  double product() {
    double value = power();
    while (error_.empty()) {
      if (take('*')) {
        value *= power();
      } else if (take('/')) {
        value /= power();
      } else {
        break;
      }
    }
    return value;
  }

  /// Every recursion passes here, so this is where depth is bounded.
  double power() {
    constexpr int kDeepest = 200;
    if (depth_ >= kDeepest) return fail(fmt::format("nested deeper than {} levels", kDeepest));
    ++depth_;
    double value = primary();
    if (error_.empty() && take('^')) value = std::pow(value, power());
    --depth_;
    return value;
  }

  double primary() {
    skip_space();
    if (take('-')) return -power();
    if (take('(')) {
      const double value = sum();
      expect(')');
      return value;
    }
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_]))))
      return number();
    const std::string_view name = identifier();
    if (name.empty()) return fail("expected a value");
    if (take('(')) return call(name);
    if (const auto value = lookup_(name)) return *value;
    return fail(fmt::format("no value for {}", name), "formula-unknown-name");
  }

  double number() {
    double value = 0.0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) return fail("bad number");
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  std::string_view identifier() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  double call(std::string_view name) {
    const double a = sum();
    if (name == "min" || name == "max") {
      double best = a;
      while (error_.empty() && take(','))
        best = name == "min" ? std::min(best, sum()) : std::max(best, sum());
      expect(')');
      return best;
    }
    expect(')');
    if (name == "ceil") return std::ceil(a);
    if (name == "floor") return std::floor(a);
    if (name == "exp") return std::exp(a);
    if (name == "log") return std::log(a);
    if (name == "sqrt") return std::sqrt(a);
    return fail(fmt::format("unknown function {}", name));
  }

  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(fmt::format("expected '{}'", c));
  }
  /// Keeps the first failure; what follows it is noise.
  double fail(const std::string& message, const char* code = "formula-syntax") {
    if (!error_.empty()) return 0.0;
    constexpr std::size_t kShown = 120;
    error_ = fmt::format("{} at {} of \"{}{}\"", message, at_, text_.substr(0, kShown),
                         text_.size() > kShown ? "..." : "");
    code_ = code;
    return 0.0;
  }

  std::string_view text_;
  const Lookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
  const char* code_ = "";
};

}  // namespace

Result<double> evaluate(std::string_view text, const Lookup& lookup) {
  return Evaluator(text, lookup).run();
}

}  // namespace gpusize
