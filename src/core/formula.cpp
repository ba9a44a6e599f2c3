#include "gpusize/core/formula.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace gpusize {
namespace {

using Lookup = std::function<std::optional<double>(std::string_view)>;

/// Operands that wait at the same time; the compiler refuses formulas that need more.
constexpr std::size_t kDeepestStack = 256;

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// a^b lane by lane. Powers of years are whole and the same in every lane: multiplying is exact
/// enough, fast, and the same on every machine.
void raise(const double* a, const double* b, std::size_t width, double* out) {
  constexpr double kLargest = 64.0;
  const bool same = std::all_of(b, b + width, [&](double x) { return x == b[0]; });
  if (!same || b[0] < 0.0 || b[0] > kLargest || b[0] != std::floor(b[0])) {
    for (std::size_t i = 0; i < width; ++i) out[i] = std::pow(a[i], b[i]);
    return;
  }
  const int times = static_cast<int>(b[0]);
  for (std::size_t i = 0; i < width; ++i) {
    double value = 1.0;
    for (int t = 0; t < times; ++t) value *= a[i];
    out[i] = value;
  }
}

/// One operation on rows of `width` lanes; `out` may be `a` or `b`.
void apply(Program::Code code, const double* a, const double* b, std::size_t width, double* out) {
  using Code = Program::Code;
  const auto each = [&](auto&& f) {
    for (std::size_t i = 0; i < width; ++i) out[i] = f(a[i], b[i]);
  };
  switch (code) {
    case Code::kAdd: return each([](double x, double y) { return x + y; });
    case Code::kSubtract: return each([](double x, double y) { return x - y; });
    case Code::kMultiply: return each([](double x, double y) { return x * y; });
    case Code::kDivide: return each([](double x, double y) { return x / y; });
    case Code::kPower: return raise(a, b, width, out);
    case Code::kMin: return each([](double x, double y) { return std::min(x, y); });
    case Code::kMax: return each([](double x, double y) { return std::max(x, y); });
    case Code::kNegate: return each([](double x, double) { return -x; });
    case Code::kCeil: return each([](double x, double) { return std::ceil(x); });
    case Code::kFloor: return each([](double x, double) { return std::floor(x); });
    case Code::kExp: return each([](double x, double) { return std::exp(x); });
    case Code::kLog: return each([](double x, double) { return std::log(x); });
    case Code::kSqrt: return each([](double x, double) { return std::sqrt(x); });
    case Code::kNumber:
    case Code::kSlot: return;
  }
}

bool is_binary(Program::Code code) {
  return code >= Program::Code::kAdd && code <= Program::Code::kMax;
}

}  // namespace

/// Recursive descent over sum > product > power > primary.
class ProgramCompiler {
 public:
  using Code = Program::Code;
  ProgramCompiler(std::string_view text, const Program::SlotOf& slot_of)
      : text_(text), slot_of_(slot_of) {}

  Result<Program> run() {
    sum();
    skip_space();
    if (error_.empty() && at_ != text_.size()) fail("unexpected text");
    if (error_.empty() && out_.depth_ > kDeepestStack) fail("too many values at once");
    if (!error_.empty()) return make_error(code_, error_);
    return std::move(out_);
  }

 private:
  void emit(Code code, double number = 0.0, std::uint32_t slot = 0) {
    out_.ops_.push_back({code, slot, number});
    if (code == Code::kNumber || code == Code::kSlot) {
      out_.depth_ = std::max(out_.depth_, ++height_);
    } else if (is_binary(code)) {
      --height_;
    }
  }

  void sum() {
    product();
    while (error_.empty()) {
      if (take('+')) {
        product();
        emit(Code::kAdd);
      } else if (take('-')) {
        product();
        emit(Code::kSubtract);
      } else {
        break;
      }
    }
  }

  void product() {
    power();
    while (error_.empty()) {
      if (take('*')) {
        power();
        emit(Code::kMultiply);
      } else if (take('/')) {
        power();
        emit(Code::kDivide);
      } else {
        break;
      }
    }
  }

  /// Every recursion passes here, so this is where depth is bounded.
  void power() {
    constexpr int kDeepest = 200;
    if (depth_ >= kDeepest) return fail(fmt::format("nested deeper than {} levels", kDeepest));
    ++depth_;
    primary();
    if (error_.empty() && take('^')) {
      power();
      emit(Code::kPower);
    }
    --depth_;
  }

  void primary() {
    skip_space();
    if (take('-')) {
      power();
      return emit(Code::kNegate);
    }
    if (take('(')) {
      sum();
      return expect(')');
    }
    if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_]))))
      return number();
    const std::string_view name = identifier();
    if (name.empty()) return fail("expected a value");
    if (take('(')) return call(name);
    if (!error_.empty()) return;
    if (const auto slot = slot_of_(name)) return emit(Code::kSlot, 0.0, *slot);
    fail(fmt::format("no value for {}", name), "formula-unknown-name");
  }

  void number() {
    double value = 0.0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) return fail("bad number");
    at_ = static_cast<std::size_t>(end - text_.data());
    emit(Code::kNumber, value);
  }

  std::string_view identifier() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  void call(std::string_view name) {
    sum();
    if (name == "min" || name == "max") {
      while (error_.empty() && take(',')) {
        sum();
        emit(name == "min" ? Code::kMin : Code::kMax);
      }
      return expect(')');
    }
    expect(')');
    constexpr std::array<std::pair<std::string_view, Code>, 5> kCalls{{{"ceil", Code::kCeil},
                                                                       {"floor", Code::kFloor},
                                                                       {"exp", Code::kExp},
                                                                       {"log", Code::kLog},
                                                                       {"sqrt", Code::kSqrt}}};
    for (const auto& [known, code] : kCalls) {
      if (name == known) return emit(code);
    }
    fail(fmt::format("unknown function {}", name));
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
  void fail(const std::string& message, const char* code = "formula-syntax") {
    if (!error_.empty()) return;
    constexpr std::size_t kShown = 120;
    error_ = fmt::format("{} at {} of \"{}{}\"", message, at_, text_.substr(0, kShown),
                         text_.size() > kShown ? "..." : "");
    code_ = code;
  }

  std::string_view text_;
  const Program::SlotOf& slot_of_;
  Program out_;
  std::size_t height_ = 0;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
  const char* code_ = "";
};

Result<Program> Program::compile(std::string_view text, const SlotOf& slot_of) {
  return ProgramCompiler(text, slot_of).run();
}

void Program::run(std::span<const double> slots, std::size_t width, std::vector<double>& stack,
                  double* out) const {
  stack.resize(std::max<std::size_t>(depth_, 1) * width);
  // Operands stay where they are: only results and numbers get a row of the stack.
  std::array<const double*, kDeepestStack> rows{};
  std::size_t height = 0;
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    const Op& op = ops_[i];
    const bool binary = is_binary(op.code);
    if (binary) --height;
    const bool leaf = op.code == Code::kNumber || op.code == Code::kSlot;
    const std::size_t at = leaf ? height++ : height - 1;
    double* row = i + 1 == ops_.size() ? out : stack.data() + at * width;
    if (op.code == Code::kSlot) {
      rows[at] = slots.data() + op.slot * width;
      if (row == out) std::copy_n(rows[at], width, out);
    } else if (op.code == Code::kNumber) {
      std::fill_n(row, width, op.number);
      rows[at] = row;
    } else {
      apply(op.code, rows[at], binary ? rows[at + 1] : rows[at], width, row);
      rows[at] = row;
    }
  }
}

double Program::run(std::span<const double> slots) const {
  std::vector<double> stack;
  double out = 0.0;
  run(slots, 1, stack, &out);
  return out;
}

std::vector<std::uint32_t> Program::slots() const {
  std::vector<std::uint32_t> out;
  for (const Op& op : ops_) {
    if (op.code == Code::kSlot && std::find(out.begin(), out.end(), op.slot) == out.end())
      out.push_back(op.slot);
  }
  return out;
}

Result<double> evaluate(std::string_view text, const Lookup& lookup) {
  std::vector<double> values;
  const auto program = Program::compile(text, [&](std::string_view name) {
    const auto value = lookup(name);
    if (!value) return std::optional<std::uint32_t>{};
    values.push_back(*value);
    return std::optional<std::uint32_t>(static_cast<std::uint32_t>(values.size() - 1));
  });
  if (!program.ok()) return program.errors();
  return program->run(values);
}

}  // namespace gpusize
