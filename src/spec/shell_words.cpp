#include "gpusize/spec/shell_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "spec/shell_reader.hpp"

namespace gpusize {
namespace {

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name(char c) {
  return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 5> kDeclares{"export", "declare", "local", "readonly",
                                                    "typeset"};

}  // namespace

ShellValue shell_value(std::string text, Place place) {
  return {{{std::move(text), "", place}}, false};
}

ShellScript read_shell(std::string_view text, Locator& where, ShellEnvironment& environment) {
  return ShellReader(text, where, environment).run();
}

ShellScript ShellReader::run() {
  while (at_ < text_.size()) step();
  end_command();
  return std::move(script_);
}

void ShellReader::skip_blanks() {
  while (at_ < text_.size()) {
    if (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r') {
      ++at_;
    } else if (text_.substr(at_).starts_with("\\\n")) {
      at_ += 2;
    } else if (text_.substr(at_).starts_with("\\\r\n")) {
      at_ += 3;
    } else {
      return;
    }
  }
}

void ShellReader::step() {
  skip_blanks();
  if (at_ >= text_.size()) return;
  const char c = text_[at_];
  if (c == '#') {
    at_ = std::min(text_.find('\n', at_), text_.size());
  } else if (c == '\n') {
    end_command();
    ++at_;
    read_documents();
  } else if (c == '<' || c == '>' || (c == '&' && text_.substr(at_).starts_with("&>"))) {
    read_redirect();
  } else if (c == ';' || c == '&' || c == '|' || c == '(' || c == ')') {
    read_operator(c);
  } else {
    read_assignment_or_word();
  }
}

void ShellReader::read_operator(char c) {
  const bool inside_test = !command_.empty() && command_.front().text == "[[";
  if (inside_test && (text_.substr(at_).starts_with("&&") || text_.substr(at_).starts_with("||"))) {
    command_.push_back({std::string(text_.substr(at_, 2)), "", {}});
    at_ += 2;
    return;
  }
  if (c == '(' && command_.empty() && text_.substr(at_).starts_with("((")) {
    at_ = std::min(text_.find("))", at_), text_.size() - 2) + 2;
    return;
  }
  if (c == '(' && command_.size() == 1) command_.clear();  // the name of a function
  const bool joins = text_.substr(at_).starts_with("&&") || text_.substr(at_).starts_with("||");
  compound_ = compound_ || joins;
  end_command();
  at_ += joins ? 2 : 1;
}

void ShellReader::read_redirect() {
  std::size_t from = at_;
  while (at_ < text_.size() && (text_[at_] == '<' || text_[at_] == '>' || text_[at_] == '&')) ++at_;
  const std::string_view sign = text_.substr(from, at_ - from);
  const bool document = sign == "<<";
  const bool strip = document && at_ < text_.size() && text_[at_] == '-';
  if (strip) ++at_;
  skip_blanks();
  const std::size_t raw = at_;
  const std::vector<ShellWord> target = word(false);
  if (document) {
    PendingDocument pending;
    pending.delimiter = target.empty() ? "" : target.front().text;
    pending.expand = text_.substr(raw, at_ - raw).find_first_of("'\"\\") == std::string_view::npos;
    pending.strip_tabs = strip;
    pending_.push_back(std::move(pending));
  } else if (!target.empty() && sign.starts_with('>')) {
    redirect_target_ = target.front().text;
  }
}

std::vector<ShellWord> ShellReader::word(bool split) {
  WordBuilder builder;
  const std::size_t from = at_;
  word_into(builder, split, " \t\r\n;&|()<>");
  if (at_ == from) ++at_;  // always forward
  builder.finish();
  const Place place = where_.locate(text_.substr(from, at_ - from));
  for (ShellWord& made : builder.done) {
    if (made.place.line == 0) made.place = place;
  }
  return std::move(builder.done);
}

bool ShellReader::assignments_so_far() const {
  return std::all_of(command_.begin(), command_.end(),
                     [](const ShellWord& w) {
                       return one_of(w.text, kDeclares) || w.text.starts_with('-') ||
                              w.text == "env";
                     }) &&
         (command_.empty() || !command_.front().text.starts_with('-'));
}

void ShellReader::read_assignment_or_word() {
  if (assignments_so_far() && read_assignment()) return;
  // `2>&1`: the number belongs to the redirection.
  std::size_t digits = at_;
  while (digits < text_.size() && std::isdigit(static_cast<unsigned char>(text_[digits])) != 0)
    ++digits;
  if (digits > at_ && digits < text_.size() && (text_[digits] == '<' || text_[digits] == '>')) {
    at_ = digits;
    read_redirect();
    return;
  }
  for (ShellWord& made : word(true)) command_.push_back(std::move(made));
  if (keyword()) command_.clear();
}

bool ShellReader::read_assignment() {
  std::size_t end = at_;
  if (!is_name_start(text_[end])) return false;
  while (end < text_.size() && is_name(text_[end])) ++end;
  const bool append = text_.substr(end).starts_with("+=");
  if (!append && (end >= text_.size() || text_[end] != '=')) return false;
  const std::string name(text_.substr(at_, end - at_));
  at_ = end + (append ? 2 : 1);
  if (at_ < text_.size() && text_[at_] == '(') {
    ++at_;
    read_array(name, append);
    return true;
  }
  constexpr std::string_view kEnds = " \t\r\n;&|)";
  ShellValue value;
  if (at_ < text_.size() && kEnds.find(text_[at_]) == std::string_view::npos) {
    value.words = word(false);
    // `A="x ${LIST[@]}"` is one value: the words of the list join it with spaces.
    for (std::size_t i = 1; i < value.words.size(); ++i) {
      value.words[0].text += " " + value.words[i].text;
      if (value.words[0].known()) value.words[0].unresolved = value.words[i].unresolved;
    }
    if (!value.words.empty()) value.words.resize(1);
  } else {
    value = shell_value("");
  }
  assign(name, std::move(value), append);
  return true;
}

void ShellReader::read_array(const std::string& name, bool append) {
  ShellValue value;
  value.is_array = true;
  while (at_ < text_.size()) {
    skip_blanks();
    if (at_ >= text_.size()) break;
    if (text_[at_] == ')') {
      ++at_;
      break;
    }
    if (text_[at_] == '\n') {
      ++at_;
    } else if (text_[at_] == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      for (ShellWord& made : word(true)) value.words.push_back(std::move(made));
    }
    if (!spend(0)) break;
  }
  assign(name, std::move(value), append);
}

Truth ShellReader::running() const {
  Truth out = Truth::kYes;
  for (const Branch& branch : branches_) {
    if (branch.now == Truth::kNo) return Truth::kNo;
    if (branch.now == Truth::kUnknown) out = Truth::kUnknown;
  }
  return out;
}

void ShellReader::assign(const std::string& name, ShellValue value, bool append) {
  const Truth runs = running();
  if (runs == Truth::kNo) return;
  const auto old = environment_.find(name);
  const bool known = std::all_of(value.words.begin(), value.words.end(),
                                 [](const ShellWord& w) { return w.known(); });
  // Below a test that cannot be judged, what stood before stays.
  if (runs == Truth::kUnknown && old != environment_.end()) return;
  if (!append || old == environment_.end()) {
    environment_[name] = std::move(value);
  } else if (value.is_array) {
    for (ShellWord& w : value.words) old->second.words.push_back(std::move(w));
    old->second.is_array = true;
  } else if (known && !old->second.words.empty() && !value.words.empty()) {
    old->second.words.back().text += value.words.front().text;
  }
}

bool ShellReader::keyword() {
  if (command_.size() != 1) return false;
  const std::string& word = command_.front().text;
  constexpr std::array<std::string_view, 4> kTransparent{"then", "do", "{", "!"};
  if (word == "if" || word == "while" || word == "until" || word == "for" || word == "case") {
    branches_.push_back({word == "if" ? Truth::kYes : Truth::kUnknown, false});
    condition_ = Truth::kUnknown;
    compound_ = false;
    return word != "for" && word != "case";
  }
  if (word == "fi" || word == "done" || word == "esac") {
    if (!branches_.empty()) branches_.pop_back();
    return true;
  }
  if (word == "else" || word == "elif") {
    if (!branches_.empty()) {
      Branch& branch = branches_.back();
      branch.done = branch.done || branch.now == Truth::kYes;
      branch.now = branch.done                ? Truth::kNo
                   : word == "elif"           ? Truth::kYes
                   : branch.now == Truth::kNo ? Truth::kYes
                                              : Truth::kUnknown;
      condition_ = Truth::kUnknown;
      compound_ = false;
    }
    return true;
  }
  if (word == "then" && !branches_.empty())
    branches_.back().now = compound_ ? Truth::kUnknown : condition_;
  return one_of(word, kTransparent) || word == "}";
}

void ShellReader::end_command() {
  std::vector<ShellWord> words = std::move(command_);
  command_.clear();
  for (PendingDocument& pending : pending_) {
    if (!pending.words.empty() || !pending.target.empty()) continue;
    pending.words = words;
    pending.target = redirect_target_;
  }
  redirect_target_.clear();
  if (words.empty()) return;
  const Truth runs = running();
  if (words.front().text == "[" || words.front().text == "[[" || words.front().text == "test") {
    condition_ = evaluate_test(words);
    return;
  }
  condition_ = Truth::kUnknown;
  if (runs == Truth::kNo) return;
  if (words.front().text == "unset") {
    for (const ShellWord& w : words) environment_.erase(w.text);
    return;
  }
  if (one_of(words.front().text, kDeclares)) return;
  script_.commands.push_back({std::move(words), runs == Truth::kUnknown});
}

void ShellReader::read_documents() {
  std::vector<PendingDocument> pending = std::move(pending_);
  pending_.clear();
  for (PendingDocument& p : pending) {
    HereDocument document;
    document.command = std::move(p.words);
    document.target = std::move(p.target);
    std::string body;
    const Place place =
        where_.locate(text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_));
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line = text_.substr(at_, end - at_);
      at_ = std::min(end + 1, text_.size());
      if (p.strip_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      std::string_view bare = line;
      while (bare.starts_with(' ') || bare.starts_with('\t')) bare.remove_prefix(1);
      if (bare == p.delimiter || line == p.delimiter) break;
      body.append(line).push_back('\n');
    }
    if (p.expand) {
      WordBuilder builder;
      default_into(builder, body, false);
      builder.finish();
      body.clear();
      for (const ShellWord& w : builder.done) body += w.text;
    }
    document.body = std::move(body);
    document.place = place;
    if (running() != Truth::kNo) script_.documents.push_back(std::move(document));
  }
}

Truth evaluate_test(const std::vector<ShellWord>& words) {
  std::vector<std::string> terms;
  for (const ShellWord& w : words) {
    if (w.text == "[" || w.text == "]" || w.text == "[[" || w.text == "]]" || w.text == "test")
      continue;
    if (!w.known()) return Truth::kUnknown;
    terms.push_back(w.text);
  }
  bool negated = false;
  if (!terms.empty() && terms.front() == "!") {
    negated = true;
    terms.erase(terms.begin());
  }
  const auto answer = [negated](bool yes) { return yes != negated ? Truth::kYes : Truth::kNo; };
  if (terms.size() == 1 && terms[0] == "-z") return answer(true);
  if (terms.size() == 1 && terms[0] == "-n") return answer(false);
  if (terms.size() == 2 && terms[0] == "-z") return answer(terms[1].empty());
  if (terms.size() == 2 && terms[0] == "-n") return answer(!terms[1].empty());
  if (terms.size() != 3) return Truth::kUnknown;
  if (terms[1] == "=" || terms[1] == "==" || terms[1] == "-eq") return answer(terms[0] == terms[2]);
  if (terms[1] == "!=" || terms[1] == "-ne") return answer(terms[0] != terms[2]);
  return Truth::kUnknown;
}

}  // namespace gpusize
