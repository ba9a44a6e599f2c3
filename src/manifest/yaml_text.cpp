#include "manifest/yaml_text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kPlainFirst =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.";
constexpr std::string_view kPlainRest =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-+=@%,:()$";

/// Words that YAML 1.1 or 1.2 readers take for booleans, null or numbers.
bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 12> kWords{"y",    "n",     "yes",  "no", "on",   "off",
                                                    "true", "false", "null", "~",  ".inf", ".nan"};
  const std::string lower = to_lower(text);
  if (std::find(kWords.begin(), kWords.end(), lower) != kWords.end()) return true;
  // Numbers, dates and base-60 numbers are made of these; `10Gi` and `v1` are not.
  return lower.find_first_not_of("0123456789abcdefox_.+-:") == std::string::npos &&
         lower.find_first_of("0123456789") != std::string::npos &&
         std::string_view("0123456789.+-").find(lower.front()) != std::string_view::npos;
}

/// Options (`--name=value`) begin like list items; two dashes and a letter are none.
bool starts_plain(std::string_view text) {
  if (kPlainFirst.find(text.front()) != std::string_view::npos) return true;
  return text.size() > 2 && text.starts_with("--") && text[2] >= 'a' && text[2] <= 'z';
}

bool is_plain(std::string_view text) {
  return !text.empty() && starts_plain(text) && !text.ends_with(':') &&
         text.find_first_not_of(kPlainRest) == std::string_view::npos && !is_reserved(text);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

/// Whether a text of several lines can stand as it is below `|`.
bool fits_block(std::string_view text) {
  if (!text.ends_with('\n') || text.front() == ' ' || text.front() == '\n') return false;
  if (text.ends_with("\n\n")) return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7f;
  });
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void value(const Tree& node, int depth) {
    if (node.is_object()) return map(node, depth);
    if (node.is_array()) return list(node, depth);
    out_ += scalar(node, depth) + "\n";
  }

 private:
  static std::string pad(int depth) {
    return std::string(static_cast<std::size_t>(depth) * 2, ' ');
  }

  static std::string block(std::string_view text, int depth) {
    std::string out = "|";
    for (const std::string& line : split(text.substr(0, text.size() - 1), '\n'))
      out += "\n" + (line.empty() ? "" : pad(depth) + line);
    return out;
  }

  static std::string scalar(const Tree& node, int depth) {
    if (node.is_null()) return "null";
    if (node.is_boolean()) return node.get<bool>() ? "true" : "false";
    if (node.is_number_integer()) return fmt::format("{}", node.get<std::int64_t>());
    if (node.is_number()) return fmt::format("{}", node.get<double>());
    const auto& text = node.get_ref<const std::string&>();
    if (text.find('\n') != std::string::npos && fits_block(text)) return block(text, depth);
    return is_plain(text) ? text : in_quotes(text);
  }

  static bool is_leaf(const Tree& node) {
    return !(node.is_object() || node.is_array()) || node.empty();
  }

  static std::string leaf(const Tree& node, int depth) {
    if (node.is_object()) return "{}";
    if (node.is_array()) return "[]";
    return scalar(node, depth);
  }

  void map(const Tree& node, int depth, bool first_is_placed = false) {
    bool placed = first_is_placed;
    for (const auto& [key, child] : node.items()) {
      if (!placed) out_ += pad(depth);
      placed = false;
      if (key.starts_with('#')) {
        out_ += fmt::format("# {}\n", child.get<std::string>());
        continue;
      }
      out_ += (is_plain(key) ? key : in_quotes(key)) + ":";
      if (is_leaf(child)) {
        out_ += " " + leaf(child, depth + 1) + "\n";
        continue;
      }
      out_ += "\n";
      value(child, depth + 1);
    }
  }

  void list(const Tree& node, int depth) {
    for (const Tree& child : node) {
      out_ += pad(depth) + "- ";
      if (is_leaf(child)) {
        out_ += leaf(child, depth + 1) + "\n";
      } else if (child.is_object()) {
        map(child, depth + 1, true);
      } else {
        out_.pop_back();
        out_ += "\n";
        list(child, depth + 1);
      }
    }
  }

  std::string out_;
};

}  // namespace

std::string yaml_text(const Tree& tree) {
  Writer writer;
  writer.value(tree, 0);
  return writer.take();
}

std::string yaml_text(const std::vector<Tree>& documents) {
  std::string out;
  for (const Tree& document : documents) out += (out.empty() ? "" : "---\n") + yaml_text(document);
  return out;
}

}  // namespace gpusize
