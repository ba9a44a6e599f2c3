#include "gpusize/plan/result_document.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "gpusize/core/derivation_text.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

/// A key as a step of a JSON pointer (RFC 6901).
std::string pointer_step(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

void collect_numbers(const Json& value, const std::string& path, std::vector<std::string>& out) {
  if (value.is_number()) {
    out.push_back(path);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      collect_numbers(value[i], fmt::format("{}/{}", path, i), out);
  } else if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      collect_numbers(child, fmt::format("{}/{}", path, pointer_step(key)), out);
  }
}

}  // namespace

nlohmann::ordered_json& ObjectWriter::here() {
  ResultDocument::LastPlace& last = document_->last_;
  if (last.object == nullptr || last.path != path_) {
    last.object = &document_->json_[nlohmann::ordered_json::json_pointer(path_)];
    last.path = path_;
  }
  return *last.object;
}

void ObjectWriter::set(std::string_view key, nlohmann::ordered_json value) {
  here()[std::string(key)] = std::move(value);
}

void ObjectWriter::number(std::string_view key, double value, Why why) {
  GPUSIZE_CHECK(std::isfinite(value), fmt::format("{}/{} is not finite", path_, key));
  GPUSIZE_CHECK(why != nullptr, fmt::format("{}/{} has no derivation", path_, key));
  set(key, value);
  document_->whys_[fmt::format("{}/{}", path_, key)] = std::move(why);
}

void ObjectWriter::integer(std::string_view key, std::int64_t value, Why why) {
  GPUSIZE_CHECK(why != nullptr, fmt::format("{}/{} has no derivation", path_, key));
  set(key, value);
  document_->whys_[fmt::format("{}/{}", path_, key)] = std::move(why);
}

void ObjectWriter::text(std::string_view key, std::string_view value) {
  set(key, std::string(value));
}
void ObjectWriter::flag(std::string_view key, bool value) { set(key, value); }
void ObjectWriter::null(std::string_view key) { set(key, nullptr); }
void ObjectWriter::list(std::string_view key) { set(key, nlohmann::ordered_json::array()); }

ObjectWriter ObjectWriter::object(std::string_view key) {
  if (!here().contains(key)) set(key, nlohmann::ordered_json::object());
  return {document_, fmt::format("{}/{}", path_, key)};
}

ObjectWriter ObjectWriter::append(std::string_view key) {
  if (!here().contains(key)) list(key);
  auto& array = here()[std::string(key)];
  array.push_back(nlohmann::ordered_json::object());
  return {document_, fmt::format("{}/{}/{}", path_, key, array.size() - 1)};
}

void ObjectWriter::append_text(std::string_view key, std::string_view value) {
  if (!here().contains(key)) list(key);
  here()[std::string(key)].push_back(std::string(value));
}

void ObjectWriter::copy(std::string_view key, const ResultDocument& from,
                        std::string_view pointer) {
  set(key, from.json().at(Json::json_pointer(std::string(pointer))));
  if (const Why own = from.why(pointer)) document_->whys_[fmt::format("{}/{}", path_, key)] = own;
  const std::string below = fmt::format("{}/", pointer);
  for (auto it = from.whys_.lower_bound(below);
       it != from.whys_.end() && it->first.starts_with(below); ++it) {
    document_->whys_[fmt::format("{}/{}/{}", path_, key, it->first.substr(below.size()))] =
        it->second;
  }
}

ResultDocument::ResultDocument(std::string_view schema, std::string_view command)
    : json_(nlohmann::ordered_json::object()) {
  ObjectWriter top = root();
  top.text("schema", schema);
  top.text("schema_version", "1.0.0");
  ObjectWriter tool = top.object("tool");
  tool.text("name", "gpusize");
  tool.text("version", GPUSIZE_VERSION);
  top.text("command", command);
}

Why ResultDocument::why(std::string_view path) const {
  const auto found = whys_.find(to_pointer(path));
  return found == whys_.end() ? nullptr : found->second;
}

std::string_view ResultDocument::stated_why(const std::string& pointer) const {
  const auto explain = json_.find("explain");
  if (explain == json_.end() || !explain->is_object()) return {};
  const auto found = explain->find(pointer);
  if (found == explain->end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>();
}

std::size_t ResultDocument::adopt_whys(const ResultDocument& other) {
  std::size_t without = 0;
  for (const std::string& pointer : numbers()) {
    const auto found = other.whys_.find(pointer);
    const double mine = json_[Json::json_pointer(pointer)].get<double>();
    const bool same = found != other.whys_.end() &&
                      std::fabs(found->second->value - mine) <= 1e-9 * std::fabs(mine);
    if (same) {
      whys_[pointer] = found->second;
    } else {
      ++without;
    }
  }
  return without;
}

std::vector<std::string> ResultDocument::numbers() const {
  std::vector<std::string> out;
  collect_numbers(json_, "", out);
  return out;
}

void ResultDocument::embed_explanations() {
  std::vector<std::pair<std::string, Why>> numbered;
  for (const std::string& path : numbers()) {
    const auto found = whys_.find(path);
    GPUSIZE_CHECK(found != whys_.end(), fmt::format("{} has no derivation", path));
    numbered.emplace_back(path, found->second);
  }
  Json explain = Json::object();
  for (auto& [name, text] : render_shared(numbered)) explain[name] = std::move(text);
  json_["explain"] = std::move(explain);
  last_ = {};
}

std::string to_pointer(std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  std::string out = "/";
  for (const char c : path) {
    if (c == '.' || c == '[') {
      out.push_back('/');
    } else if (c != ']') {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace gpusize
