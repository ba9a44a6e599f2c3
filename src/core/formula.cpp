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

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Applies one operation to the top of the stack, whose rows are `width` lanes long.
void apply(Program::Code code, double* a, const double* b, std::size_t width) {
  using Code = Program::Code;
  const auto each = [&](auto&& f) {
    for (std::size_t i = 0; i < width; ++i) a[i] = f(a[i], b[i]);
  };
  switch (code) {
    case Code::kAdd: return each([](double x, double y) { return x + y; });
    case Code::kSubtract: return each([](double x, double y) { return x - y; });
    case Code::kMultiply: return each([](double x, double y) { return x * y; });
    case Code::kDivide: return each([](double x, double y) { return x / y; });
    case Code::kPower: return each([](double x, double y) { return std::pow(x, y); });
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
  double* top = stack.data();  // one past the top row
  for (const Op& op : ops_) {
    if (op.code == Code::kNumber) {
      std::fill_n(top, width, op.number);
      top += width;
    } else if (op.code == Code::kSlot) {
      std::copy_n(slots.data() + op.slot * width, width, top);
      top += width;
    } else if (is_binary(op.code)) {
      top -= width;
      apply(op.code, top - width, top, width);
    } else {
      apply(op.code, top - width, top - width, width);
    }
  }
  std::copy_n(stack.data(), width, out);
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
