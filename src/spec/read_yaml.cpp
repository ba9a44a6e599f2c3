#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

/// Leaves yaml-cpp's parser with our own diagnostic.
struct Stop {
  Diagnostic why;
};

std::uint32_t line_of(const YAML::Mark& mark) {
  return mark.line < 0 ? 0 : static_cast<std::uint32_t>(mark.line) + 1;
}
std::uint32_t column_of(const YAML::Mark& mark) {
  return mark.column < 0 ? 0 : static_cast<std::uint32_t>(mark.column) + 1;
}

bool is_null(std::string_view value) {
  return value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL";
}

/// yaml-cpp's events into a DocumentBuilder. Scalars that are keys are told apart by position.
class Handler : public YAML::EventHandler {
 public:
  Handler(std::string file, const ReadLimits& limits, std::uint32_t lines_before)
      : file_(file), limits_(limits), builder_(std::move(file)), lines_before_(lines_before) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(mark, "?", anchor, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    scalar(mark, tag, anchor, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) stop("spec-yaml", "an alias cannot be a key here", mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop("spec-yaml", "alias before its anchor", mark);
    for (const auto& open : open_anchors_) {
      if (open == anchor) stop("spec-yaml", "an alias inside its own anchor", mark);
    }
    // Size and height of the subtree are known, so expansion is bounded before it is made.
    grow(found->second.size, mark);
    reach(levels_.size() + found->second.height, mark);
    grown_below(found->second.height);
    builder_.copy(found->second.index);
    value_done();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor);
    builder_.open_sequence(placed_line(mark), column_of(mark));
    levels_.emplace_back();
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor);
    builder_.open_map(placed_line(mark), column_of(mark));
    Level level;
    level.is_map = true;
    levels_.push_back(std::move(level));
  }
  void OnMapEnd() override { close(); }

  Document finish() && { return std::move(builder_).finish(); }
  [[nodiscard]] bool empty() const { return builder_.next_index() == 0; }
  /// Where the last scalar begins: the only place where a quote can be open at the end of the text.
  [[nodiscard]] const YAML::Mark& last_scalar() const { return last_scalar_; }

 private:
  struct Level {
    bool is_map = false;
    bool has_key = false;
    std::size_t height = 1;  ///< of the tree from here down
    std::set<std::string> keys;
  };
  struct Anchor {
    std::uint32_t index;
    std::uint32_t size;
    std::size_t height;
  };

  /// In the whole file, of which this text is a part.
  [[nodiscard]] std::uint32_t placed_line(const YAML::Mark& mark) const {
    return line_of(mark) + lines_before_;
  }

  [[nodiscard]] bool expects_key() const {
    return !levels_.empty() && levels_.back().is_map && !levels_.back().has_key;
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              const std::string& value) {
    last_scalar_ = mark;
    if (expects_key()) {
      if (!levels_.back().keys.insert(value).second) {
        stop("spec-duplicate-key", fmt::format("the key \"{}\" appears twice in one map", value),
             mark);
      }
      builder_.key(value);
      levels_.back().has_key = true;
      return;
    }
    grow(1, mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {builder_.next_index(), 1, 0};
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    const bool null = !quoted && is_null(value);
    if (null) {
      builder_.null(placed_line(mark), column_of(mark));
    } else {
      builder_.scalar(value, quoted, placed_line(mark), column_of(mark));
    }
    value_done();
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (expects_key()) {
      stop("spec-yaml", "a map key must be plain text (or a bracket is never closed)", mark);
    }
    reach(levels_.size() + 1, mark);
    grow(1, mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {builder_.next_index(), 0, 0};
    open_anchors_.push_back(anchor);
  }

  void close() {
    builder_.close();
    const std::size_t height = levels_.back().height;
    levels_.pop_back();
    grown_below(height);
    const YAML::anchor_t anchor = open_anchors_.back();
    open_anchors_.pop_back();
    if (anchor != YAML::NullAnchor) {
      Anchor& made = anchors_[anchor];
      made.size = builder_.next_index() - made.index;
      made.height = height;
    }
    value_done();
  }

  void value_done() {
    if (!levels_.empty()) levels_.back().has_key = false;
  }

  /// The innermost open level has a child of this height.
  void grown_below(std::size_t height) {
    if (!levels_.empty()) levels_.back().height = std::max(levels_.back().height, height + 1);
  }

  void reach(std::size_t depth, const YAML::Mark& mark) {
    if (depth > limits_.depth) {
      stop("spec-too-deep", fmt::format("nested deeper than {} levels", limits_.depth), mark);
    }
  }

  void grow(std::uint32_t by, const YAML::Mark& mark) {
    if (builder_.next_index() + static_cast<std::uint64_t>(by) > limits_.nodes) {
      stop("spec-too-large",
           fmt::format("more than {} values (alias expansion counted)", limits_.nodes), mark);
    }
  }

  [[noreturn]] void stop(std::string code, std::string message, const YAML::Mark& mark) {
    throw Stop{
        make_error(std::move(code), std::move(message),
                   {file_, static_cast<int>(line_of(mark)), static_cast<int>(column_of(mark))})};
  }

  std::string file_;
  ReadLimits limits_;
  DocumentBuilder builder_;
  std::uint32_t lines_before_;
  std::vector<Level> levels_;
  std::vector<YAML::anchor_t> open_anchors_;
  std::map<YAML::anchor_t, Anchor> anchors_;
  YAML::Mark last_scalar_ = YAML::Mark::null_mark();
};

/// Stops at the first value of a further document; a `---` with nothing below it passes.
class NoMore : public YAML::EventHandler {
 public:
  explicit NoMore(std::string file) : file_(std::move(file)) {}
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    // On a stray comma the parser gives empty documents for ever and never moves on.
    if (mark.pos <= last_null_) stop(mark, "spec-yaml", "unexpected text after the value above");
    last_null_ = mark.pos;
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { stop(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    stop(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    stop(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    stop(mark);
  }
  void OnMapEnd() override {}

 private:
  [[noreturn]] void stop(const YAML::Mark& mark) {
    stop(mark, "spec-several-documents", "expected one YAML document, found another",
         "a line that does not fit the value above it starts a new document");
  }
  [[noreturn]] void stop(const YAML::Mark& mark, std::string code, std::string message,
                         std::string hint = {}) {
    throw Stop{
        make_error(std::move(code), std::move(message),
                   {file_, static_cast<int>(line_of(mark)), static_cast<int>(column_of(mark))},
                   std::move(hint))};
  }
  std::string file_;
  int last_null_ = -1;
};

/// Whether the scalar that begins at `text` opens a quote that nothing closes. yaml-cpp takes the
/// end of the text for the closing quote when a line break comes before it.
bool is_open_quote(std::string_view text) {
  while (!text.empty() && (text.front() == '&' || text.front() == '!')) {  // anchor, tag
    text.remove_prefix(std::min(text.size(), text.find_first_of(" \t\r\n")));
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
  }
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return false;
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return false;
      ++i;
    }
  }
  return true;
}

/// What YAML text may not hold. yaml-cpp would take some of it for the end of the text, silently.
std::optional<Diagnostic> check_characters(const std::string& file, std::string_view text) {
  const std::size_t invalid = std::min(text.size(), find_invalid_utf8(text));
  const auto bad =
      std::find_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(invalid), [](char c) {
        return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
      });
  const auto at = static_cast<std::size_t>(bad - text.begin());
  if (at == text.size()) return {};
  const std::string_view before = text.substr(0, at);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const Location where{file, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
                       static_cast<int>(at - line_start) + 1};
  const auto byte = static_cast<unsigned>(static_cast<unsigned char>(text[at]));
  if (at == invalid) {
    return make_error("spec-encoding", fmt::format("byte 0x{:02x} is not UTF-8 text", byte), where,
                      "save the file as UTF-8");
  }
  return make_error("spec-encoding", fmt::format("control character 0x{:02x} in YAML text", byte),
                    where, "write it as an escape in double quotes, or save the file as UTF-8");
}

Result<Document> read_text(const std::string& file, std::string_view text, const ReadLimits& limits,
                           std::uint32_t lines_before) {
  if (auto bad = check_characters(file, text)) return std::move(*bad);
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Handler handler(file, limits, lines_before);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(handler) || handler.empty()) {
      return make_error("spec-empty", "the file holds no YAML document", {file, 1, 1});
    }
    const YAML::Mark& last = handler.last_scalar();
    if (last.pos >= 0 &&
        is_open_quote(text.substr(std::min(text.size(), static_cast<std::size_t>(last.pos))))) {
      return make_error("spec-yaml", "a quote is never closed",
                        {file, static_cast<int>(line_of(last)), static_cast<int>(column_of(last))});
    }
    NoMore rest(file);
    while (parser.HandleNextDocument(rest)) {
    }
  } catch (const Stop& stop) {
    return stop.why;
  } catch (const YAML::Exception& error) {
    return make_error(
        "spec-yaml", error.msg,
        {file, static_cast<int>(line_of(error.mark)), static_cast<int>(column_of(error.mark))});
  }
  return std::move(handler).finish();
}

}  // namespace

Result<Document> read_yaml(const std::string& file, std::string_view text, const ReadLimits& limits,
                           std::uint32_t lines_before) {
  auto document = read_text(file, text, limits, lines_before);
  if (document.ok() || lines_before == 0) return document;
  Diagnostics shifted = document.errors();
  for (Diagnostic& problem : shifted) {
    if (problem.where.line > 0) problem.where.line += static_cast<int>(lines_before);
  }
  return shifted;
}

}  // namespace gpusize
