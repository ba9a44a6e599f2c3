#include "report/xlsx_formula.hpp"

#include <array>
#include <cctype>
#include <vector>

#include <fmt/format.h>

namespace gpusize {
namespace {

struct Function {
  std::string_view name;
  std::string_view before;  ///< with the opening parenthesis
  std::string_view after;
};
// INT rounds down for every sign, in every spreadsheet; CEILING and FLOOR do not agree below zero.
constexpr std::array<Function, 7> kFunctions{{{"min", "MIN(", ")"},
                                              {"max", "MAX(", ")"},
                                              {"ceil", "(-INT(-(", ")))"},
                                              {"floor", "INT(", ")"},
                                              {"exp", "EXP(", ")"},
                                              {"log", "LN(", ")"},
                                              {"sqrt", "SQRT(", ")"}}};

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Translator {
 public:
  Translator(std::string_view text,
             const std::function<std::optional<std::string>(std::string_view)>& reference)
      : text_(text), reference_(reference) {}

  std::optional<std::string> run() {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ') {
        ++at_;
      } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') {
        out += number();
      } else if (is_name(c)) {
        const auto part = name();
        if (!part) return {};
        out += *part;
      } else {
        out += c;
        ++at_;
        if (c == ')') out += close();
        if (c == '(') closers_.emplace_back();
      }
    }
    return out;
  }

 private:
  std::string number() {
    const std::size_t from = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool sign =
          (c == '+' || c == '-') && at_ > from && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && !sign) break;
      ++at_;
    }
    return std::string(text_.substr(from, at_ - from));
  }

  std::optional<std::string> name() {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    const std::string_view word = text_.substr(from, at_ - from);
    std::size_t next = at_;
    while (next < text_.size() && text_[next] == ' ') ++next;
    if (next == text_.size() || text_[next] != '(') return reference_(word);
    for (const Function& function : kFunctions) {
      if (function.name != word) continue;
      at_ = next + 1;
      closers_.emplace_back(function.after.substr(1));
      return std::string(function.before);
    }
    return {};
  }

  /// What a function needs behind its own closing parenthesis.
  std::string close() {
    if (closers_.empty()) return {};
    std::string out = closers_.back();
    closers_.pop_back();
    return out;
  }

  std::string_view text_;
  const std::function<std::optional<std::string>(std::string_view)>& reference_;
  std::size_t at_ = 0;
  std::vector<std::string> closers_;
};

}  // namespace

std::optional<std::string> spreadsheet_formula(
    std::string_view text,
    const std::function<std::optional<std::string>(std::string_view)>& reference) {
  return Translator(text, reference).run();
}

}  // namespace gpusize
