#include <algorithm>
#include <cctype>
#include <limits>

#include "gpusize/core/text.hpp"
#include "spec/shell_reader.hpp"

namespace gpusize {
namespace {

constexpr int kDeepest = 24;

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Whole-number arithmetic of `$(( ))`: + - * / % and brackets; overflow and division by zero give
/// nothing.
class Arithmetic {
 public:
  Arithmetic(std::string_view text, const ShellEnvironment& environment, std::string& unknown)
      : text_(text), environment_(environment), unknown_(unknown) {}

  std::optional<std::int64_t> run() {
    const auto value = sum(0);
    skip();
    if (at_ != text_.size()) return {};
    return value;
  }

 private:
  using Value = std::optional<std::int64_t>;

  void skip() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '"')) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Value sum(int depth) {
    Value left = product(depth);
    while (left) {
      const bool plus = take('+');
      if (!plus && !take('-')) break;
      const Value right = product(depth);
      std::int64_t out = 0;
      if (!right || (plus ? __builtin_add_overflow(*left, *right, &out)
                          : __builtin_sub_overflow(*left, *right, &out)))
        return {};
      left = out;
    }
    return left;
  }

  Value product(int depth) {
    Value left = factor(depth);
    while (left) {
      const char sign = take('*') ? '*' : take('/') ? '/' : take('%') ? '%' : '\0';
      if (sign == '\0') break;
      const Value right = factor(depth);
      if (!right) return {};
      std::int64_t out = 0;
      if (sign == '*') {
        if (__builtin_mul_overflow(*left, *right, &out)) return {};
      } else {
        const bool overflows = *right == -1 && *left == std::numeric_limits<std::int64_t>::min();
        if (*right == 0 || overflows) return {};
        out = sign == '/' ? *left / *right : *left % *right;
      }
      left = out;
    }
    return left;
  }

  Value factor(int depth) {
    if (depth > kDeepest) return {};
    if (take('-')) {
      const Value value = factor(depth + 1);
      std::int64_t out = 0;
      if (!value || __builtin_sub_overflow(std::int64_t{0}, *value, &out)) return {};
      return out;
    }
    if (take('(')) {
      const Value value = sum(depth + 1);
      return value && take(')') ? value : Value{};
    }
    skip();
    if (at_ < text_.size() && text_[at_] == '$') ++at_;
    const bool braces = at_ < text_.size() && text_[at_] == '{';
    if (braces) ++at_;
    const std::size_t from = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    const std::string name(text_.substr(from, at_ - from));
    std::string otherwise;
    if (braces) {
      const std::size_t end = std::min(text_.find('}', at_), text_.size());
      std::string_view rest = text_.substr(at_, end - at_);
      if (rest.starts_with(':')) rest.remove_prefix(1);
      if (rest.starts_with('-') || rest.starts_with('=')) otherwise = std::string(rest.substr(1));
      at_ = std::min(end + 1, text_.size());
    }
    if (name.empty()) return {};
    if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) return parse_integer(name);
    const auto found = environment_.find(name);
    const bool set = found != environment_.end() && !found->second.words.empty() &&
                     found->second.words.front().known();
    const auto value = parse_integer(set ? found->second.words.front().text : otherwise);
    if (!value && unknown_.empty()) unknown_ = name;
    return value;
  }

  std::string_view text_;
  const ShellEnvironment& environment_;
  std::string& unknown_;
  std::size_t at_ = 0;
};

}  // namespace

void WordBuilder::add(std::string_view text, bool split) {
  if (!split) {
    current.text.append(text);
    open = true;
    return;
  }
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_blank(text[at])) {
      finish();
      ++at;
      continue;
    }
    const std::size_t from = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    current.text.append(text.substr(from, at - from));
    open = true;
  }
}

void WordBuilder::mark(std::string_view unresolved) {
  open = true;
  if (current.unresolved.empty()) current.unresolved = unresolved;
}

void WordBuilder::finish() {
  if (open) done.push_back(std::move(current));
  current = {};
  open = false;
}

bool ShellReader::spend(std::size_t bytes) {
  const std::size_t cost = bytes + 16;
  budget_ -= std::min(budget_, cost);
  return budget_ > 0;
}

std::size_t ShellReader::closing(std::size_t from, char open, char close) const {
  int depth = 0;
  for (std::size_t i = from; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '\'' || c == '"') {
      const std::size_t end = text_.find(c, i + 1);
      if (end == std::string_view::npos) return text_.size();
      i = end;
    } else if (c == open) {
      ++depth;
    } else if (c == close && --depth == 0) {
      return i;
    }
  }
  return text_.size();
}

void ShellReader::word_into(WordBuilder& out, bool split, std::string_view stops) {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (stops.find(c) != std::string_view::npos) return;
    if (c == '\\') {
      if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n')
        out.add(text_.substr(at_ + 1, 1), false);
      at_ = std::min(at_ + 2, text_.size());
    } else if (c == '\'') {
      const std::size_t end = std::min(text_.find('\'', at_ + 1), text_.size());
      out.add(text_.substr(at_ + 1, end - at_ - 1), false);
      at_ = std::min(end + 1, text_.size());
    } else if (c == '"') {
      quoted_into(out, false);
    } else if (c == '$') {
      dollar_into(out, split);
    } else if (c == '`') {
      const std::size_t end = std::min(text_.find('`', at_ + 1), text_.size());
      out.add(text_.substr(at_, end + 1 - at_), false);
      out.mark("`...`");
      at_ = std::min(end + 1, text_.size());
    } else {
      out.add(text_.substr(at_, 1), false);
      ++at_;
    }
  }
}

void ShellReader::quoted_into(WordBuilder& out, bool split) {
  ++at_;
  out.open = true;
  while (at_ < text_.size() && text_[at_] != '"') {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size()) {
      constexpr std::string_view kEscaped = "$`\"\\\n";
      const char next = text_[at_ + 1];
      if (kEscaped.find(next) == std::string_view::npos) out.add("\\", false);
      if (next != '\n') out.add(text_.substr(at_ + 1, 1), false);
      at_ += 2;
    } else if (c == '$') {
      dollar_into(out, split);
    } else if (c == '`') {
      const std::size_t end = std::min(text_.find('`', at_ + 1), text_.size());
      out.mark("`...`");
      at_ = std::min(end + 1, text_.size());
    } else {
      out.add(text_.substr(at_, 1), false);
      ++at_;
    }
  }
  at_ = std::min(at_ + 1, text_.size());
}

void ShellReader::dollar_into(WordBuilder& out, bool split) {
  const std::size_t from = at_;
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("$((")) {
    const std::size_t end = closing(at_ + 1, '(', ')');
    const std::size_t size = end > at_ + 4 ? end - 1 - (at_ + 3) : 0;
    std::string unknown;
    const auto value = arithmetic(text_.substr(std::min(at_ + 3, text_.size()), size), unknown);
    at_ = std::min(end + 1, text_.size());
    out.add(value ? *value : std::string(text_.substr(from, at_ - from)), false);
    if (!value)
      out.mark(unknown.empty() ? text_.substr(from, at_ - from) : std::string_view(unknown));
    return;
  }
  if (rest.starts_with("$(")) {
    at_ = std::min(closing(at_ + 1, '(', ')') + 1, text_.size());
    out.add(text_.substr(from, at_ - from), false);
    out.mark(text_.substr(from, std::min<std::size_t>(at_ - from, 60)));
    return;
  }
  if (rest.starts_with("${")) return braces_into(out, split);
  std::size_t end = at_ + 1;
  if (end < text_.size() && (text_[end] == '@' || text_[end] == '*')) {
    at_ = end + 1;  // no arguments are given to a script that is only read
    return;
  }
  while (end < text_.size() && is_name(text_[end])) ++end;
  if (end == at_ + 1) {
    out.add("$", false);
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '?' || text_[at_] == '$' || text_[at_] == '#')) ++at_;
    return;
  }
  at_ = end;
  value_into(out, text_.substr(from + 1, end - from - 1), false, split);
}

void ShellReader::braces_into(WordBuilder& out, bool split) {
  const std::size_t from = at_;
  const std::size_t end = closing(at_ + 1, '{', '}');
  std::string_view inside = text_.substr(at_ + 2, end > at_ + 2 ? end - at_ - 2 : 0);
  at_ = std::min(end + 1, text_.size());
  const std::string_view whole = text_.substr(from, at_ - from);
  std::size_t size = 0;
  while (size < inside.size() && is_name(inside[size])) ++size;
  const std::string name(inside.substr(0, size));
  inside.remove_prefix(size);
  const bool star = inside.starts_with("[*]");
  const bool all = star || inside.starts_with("[@]");
  if (all) inside.remove_prefix(3);
  if (name.empty() || (!inside.empty() &&
                       std::string_view(":-+=?").find(inside.front()) == std::string_view::npos)) {
    out.add(whole, false);
    out.mark(whole);
    return;
  }
  if (inside.empty() && star && !split) return joined_into(out, name);
  if (inside.empty()) return value_into(out, name, all, split);
  const bool colon = inside.starts_with(':');
  if (colon) inside.remove_prefix(1);
  const char sign = inside.empty() ? '\0' : inside.front();
  const auto found = environment_.find(name);
  const bool set = found != environment_.end() &&
                   !(colon && found->second.words.size() == 1 && found->second.words[0].known() &&
                     found->second.words[0].text.empty());
  if (sign == '+') {
    if (set) default_into(out, inside.substr(1), split);
    return;
  }
  if (sign == '-' || sign == '=') {
    if (set) return value_into(out, name, all, split);
    return default_into(out, inside.substr(1), split);
  }
  if (sign == '?') return value_into(out, name, all, split);
  out.add(whole, false);
  out.mark(whole);
}

void ShellReader::value_into(WordBuilder& out, std::string_view name, bool all, bool split) {
  const auto found = environment_.find(name);
  if (found == environment_.end()) {
    out.add("$" + std::string(name), false);
    out.mark(name);
    return;
  }
  const ShellValue& value = found->second;
  const std::size_t count =
      all || !value.is_array ? value.words.size() : std::min<std::size_t>(1, value.words.size());
  for (std::size_t i = 0; i < count; ++i) {
    const ShellWord& word = value.words[i];
    if (!spend(word.text.size())) {
      out.mark(name);
      return;
    }
    if (i > 0) out.finish();
    const bool fresh = !out.open;
    const std::size_t before = out.done.size();
    out.add(word.text, split);
    if (all && !split) out.open = true;
    if (!word.known()) out.mark(word.unresolved);
    if (all && word.place.line > 0) {
      for (std::size_t k = before; k < out.done.size(); ++k) out.done[k].place = word.place;
      if (fresh || before != out.done.size()) out.current.place = word.place;
    }
  }
}

void ShellReader::joined_into(WordBuilder& out, std::string_view name) {
  const auto found = environment_.find(name);
  if (found == environment_.end()) return value_into(out, name, true, false);
  bool first = true;
  for (const ShellWord& word : found->second.words) {
    if (!spend(word.text.size())) return out.mark(name);
    if (!first) out.add(" ", false);
    first = false;
    out.add(word.text, false);
    if (!word.known()) out.mark(word.unresolved);
  }
}

void ShellReader::default_into(WordBuilder& out, std::string_view text, bool split) {
  if (depth_ >= kDeepest || !spend(text.size())) {
    out.add(text, false);
    out.mark(text.substr(0, std::min<std::size_t>(text.size(), 60)));
    return;
  }
  // The same reader on the inner text: swap, read, swap back.
  const std::string_view outer = text_;
  const std::size_t at = at_;
  text_ = text;
  at_ = 0;
  ++depth_;
  word_into(out, split, "");
  --depth_;
  text_ = outer;
  at_ = at;
}

std::optional<std::string> ShellReader::arithmetic(std::string_view text, std::string& unknown) {
  const auto value = Arithmetic(text, environment_, unknown).run();
  if (!value) return {};
  return std::to_string(*value);
}

ShellWord expand_kubernetes(std::string_view text, Place place,
                            const ShellEnvironment& environment) {
  ShellWord out;
  out.place = place;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with("$$")) {
      out.text.push_back('$');
      i += 2;
      continue;
    }
    const std::size_t end = text.find(')', i);
    if (!text.substr(i).starts_with("$(") || end == std::string_view::npos) {
      out.text.push_back(text[i++]);
      continue;
    }
    const std::string_view name = text.substr(i + 2, end - i - 2);
    const auto found = environment.find(name);
    const bool known = found != environment.end() && found->second.words.size() == 1 &&
                       found->second.words.front().known();
    if (known) {
      out.text += found->second.words.front().text;
    } else {
      out.text += text.substr(i, end + 1 - i);
      if (out.unresolved.empty()) out.unresolved = name;
    }
    i = end + 1;
  }
  return out;
}

}  // namespace gpusize
