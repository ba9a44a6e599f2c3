#include "catalog/module_patterns.hpp"

#include <algorithm>

namespace gpusize {
namespace {

constexpr int kMostSteps = 20'000;  // per match; real recipes need a few hundred
constexpr int kMostDepth = 200;

/// Backtracking matcher over the pattern text itself. The continuation of an atom is the rest of
/// its sequence; groups pass theirs on explicitly.
class Expression {
 public:
  explicit Expression(std::string_view text) : text_(text) {}

  /// Matches `pattern` at `at`, then whatever `then` wants.
  template <typename Then>
  bool run(std::string_view pattern, std::size_t at, int depth, const Then& then) {
    if (!spend(depth)) return false;
    const std::size_t bar = top_level_bar(pattern);
    if (failed_) return false;
    if (bar != std::string_view::npos) {
      return run(pattern.substr(0, bar), at, depth + 1, then) ||
             run(pattern.substr(bar + 1), at, depth + 1, then);
    }
    return sequence(pattern, at, depth + 1, then);
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  bool spend(int depth) {
    if (++steps_ > kMostSteps || depth > kMostDepth) failed_ = true;
    return !failed_;
  }

  /// Length of the atom at the front, 0 when it is not understood.
  static std::size_t atom_length(std::string_view p) {
    if (p.front() == '\\') return p.size() > 1 ? 2 : 0;
    if (p.front() == '[') {
      const std::size_t close = p.find(']', p.size() > 1 && p[1] == '^' ? 3 : 2);
      return close == std::string_view::npos ? 0 : close + 1;
    }
    if (p.front() != '(')
      return std::string_view("*+?{)").find(p.front()) == std::string_view::npos ? 1 : 0;
    int open = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (p[i] == '\\') {
        ++i;
        continue;
      }
      if (p[i] == '(') ++open;
      if (p[i] == ')' && --open == 0) return i + 1;
    }
    return 0;
  }

  std::size_t top_level_bar(std::string_view p) {
    for (std::size_t i = 0; i < p.size();) {
      if (p[i] == '|') return i;
      if (p[i] == '*' || p[i] == '+' || p[i] == '?') {
        ++i;
        continue;
      }
      const std::size_t length = atom_length(p.substr(i));
      if (length == 0) {
        failed_ = true;
        break;
      }
      i += length;
    }
    return std::string_view::npos;
  }

  bool in_class(std::string_view set, char c) {
    const bool negated = set.starts_with('^');
    if (negated) set.remove_prefix(1);
    bool found = false;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (set[i] == '\\' && i + 1 < set.size()) {
        found = found || escaped(set[++i], c);
      } else if (i + 2 < set.size() && set[i + 1] == '-') {
        found = found || (c >= set[i] && c <= set[i + 2]);
        i += 2;
      } else {
        found = found || c == set[i];
      }
    }
    return found != negated;
  }

  bool escaped(char escape, char c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (escape == 'd') return digit;
    if (escape == 'w') return digit || letter || c == '_';
    if ((escape >= 'a' && escape <= 'z') || (escape >= 'A' && escape <= 'Z')) failed_ = true;
    return c == escape;
  }

  bool one_character(std::string_view atom, char c) {
    if (atom == ".") return true;
    if (atom.front() == '\\') return escaped(atom[1], c);
    if (atom.front() == '[') return in_class(atom.substr(1, atom.size() - 2), c);
    return c == atom.front();
  }

  template <typename Then>
  bool once(std::string_view atom, std::size_t at, int depth, const Then& then) {
    if (atom.front() == '(') {
      std::string_view inner = atom.substr(1, atom.size() - 2);
      if (inner.starts_with("?:")) inner.remove_prefix(2);
      if (inner.starts_with("?")) failed_ = true;  // look-around and named groups
      return !failed_ && run_erased(inner, at, depth, then);
    }
    return at < text_.size() && one_character(atom, text_[at]) && then(at + 1);
  }

  /// Stops the template recursion of nested groups: one erased continuation type.
  struct Next {
    const void* object;
    bool (*call)(const void*, std::size_t);
    bool operator()(std::size_t at) const { return call(object, at); }
  };
  template <typename Then>
  bool run_erased(std::string_view pattern, std::size_t at, int depth, const Then& then) {
    const Next next{&then,
                    [](const void* o, std::size_t p) { return (*static_cast<const Then*>(o))(p); }};
    return run(pattern, at, depth + 1, next);
  }

  bool repeat(std::string_view atom, int at_least, int at_most, std::size_t at, int depth,
              const Next& then) {
    if (!spend(depth)) return false;
    const auto again = [&](std::size_t p) {
      return p > at && repeat(atom, std::max(0, at_least - 1), at_most - 1, p, depth + 1, then);
    };
    const Next next{&again, [](const void* o, std::size_t p) {
                      return (*static_cast<decltype(again)*>(o))(p);
                    }};
    if (at_most > 0 && once(atom, at, depth + 1, next)) return true;
    return at_least == 0 && then(at);
  }

  template <typename Then>
  bool sequence(std::string_view p, std::size_t at, int depth, const Then& then) {
    if (!spend(depth)) return false;
    if (p.empty()) return then(at);
    if (p.front() == '^') return at == 0 && sequence(p.substr(1), at, depth + 1, then);
    if (p.front() == '$') return at == text_.size() && sequence(p.substr(1), at, depth + 1, then);
    const std::size_t length = atom_length(p);
    if (length == 0) failed_ = true;
    if (failed_) return false;
    const std::string_view atom = p.substr(0, length);
    const char quantifier = length < p.size() ? p[length] : '\0';
    const bool repeats = quantifier == '*' || quantifier == '+' || quantifier == '?';
    const std::string_view rest = p.substr(length + (repeats ? 1 : 0));
    const auto after = [&](std::size_t next) {
      return sequence_erased(rest, next, depth + 1, then);
    };
    const Next next{&after, [](const void* o, std::size_t q) {
                      return (*static_cast<decltype(after)*>(o))(q);
                    }};
    if (!repeats) return once(atom, at, depth + 1, next);
    return repeat(atom, quantifier == '+' ? 1 : 0, quantifier == '?' ? 1 : 1 << 20, at, depth + 1,
                  next);
  }
  template <typename Then>
  bool sequence_erased(std::string_view p, std::size_t at, int depth, const Then& then) {
    const Next next{&then,
                    [](const void* o, std::size_t q) { return (*static_cast<const Then*>(o))(q); }};
    return sequence(p, at, depth, next);
  }

  std::string_view text_;
  int steps_ = 0;
  bool failed_ = false;
};

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<bool> expression_matches(std::string_view pattern, std::string_view text) {
  Expression expression(text);
  const bool matched = expression.run(pattern, 0, 0, [](std::size_t) { return true; });
  if (expression.failed()) return {};
  return matched;
}

void ModulePatterns::add(std::string_view pattern) {
  if (pattern.starts_with("re:")) {
    const std::string text = canonical_module(pattern.substr(3));
    auto& list =
        expression_matches(text, "model.layers.0.mlp.gate_proj") ? expressions_ : not_understood_;
    list.push_back(text);
    return;
  }
  const std::string name = canonical_module(pattern);
  if (name.find_first_of("*?") == std::string::npos) {
    plain_.insert(name);
  } else {
    globs_.push_back(name);
  }
}

bool ModulePatterns::matches_plain(std::string_view module) const {
  if (plain_.empty()) return false;
  if (plain_.contains(std::string(module))) return true;
  for (std::size_t dot = module.find('.'); dot != std::string_view::npos;
       dot = module.find('.', dot + 1)) {
    if (plain_.contains(std::string(module.substr(0, dot)))) return true;
    if (plain_.contains(std::string(module.substr(dot + 1)))) return true;
  }
  return false;
}

bool ModulePatterns::matches(std::string_view module) const {
  if (matches_plain(module)) return true;
  for (const std::string& glob : globs_) {
    if (glob_matches(glob, module) || glob_matches(glob + ".*", module)) return true;
  }
  return std::any_of(expressions_.begin(), expressions_.end(), [&](const std::string& expression) {
    return expression_matches(expression, module).value_or(false);
  });
}

std::string canonical_module(std::string_view name) {
  std::string out(name);
  const auto replace = [&](std::string_view from, std::string_view to) {
    if (const std::size_t at = out.find(from); at != std::string::npos)
      out.replace(at, from.size(), to);
  };
  replace("language_model.model.", "model.");
  replace("model.language_model.", "model.");
  replace("language_model.lm_head", "lm_head");
  return out;
}

}  // namespace gpusize
