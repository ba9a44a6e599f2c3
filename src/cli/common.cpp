#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/command.hpp"
#include "cli/overrides.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/report/formats.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

namespace fs = std::filesystem;

Style terminal_style(const CommonOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  Style style;
  style.lang = lang_from(options.lang).value_or(Lang::kEnglish);
  style.colour = !options.no_color && (no_color == nullptr || *no_color == '\0') && !dumb &&
                 isatty(fileno(stdout)) != 0;
  return style;
}

std::string format_names() {
  std::string out;
  for (const ReportFormat& format : report_formats())
    out += fmt::format("{}{}", out.empty() ? "" : ", ", format.name);
  return out;
}

}  // namespace

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

std::optional<Diagnostic> write_whole_file(const std::string& path, const std::string& text) {
  // A temporary name beside the target, then a rename: the target is whole or untouched.
  const std::string partial = fmt::format("{}.{}.tmp", path, getpid());
  {
    std::ofstream out(partial, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (!out) {
      std::error_code ignored;
      fs::remove(partial, ignored);
      return make_error("cli-output", fmt::format("cannot write \"{}\"", path), {path, 0, 0},
                        "check that the folder exists and is writable");
    }
  }
  std::error_code error;
  fs::rename(partial, path, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(partial, ignored);
  return make_error("cli-output", fmt::format("cannot write \"{}\": {}", path, error.message()),
                    {path, 0, 0});
}

namespace {

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file(error) &&
        (it->path().extension() == ".yaml" || it->path().extension() == ".yml")) {
      out.push_back(it->path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Diagnostics overlay_folder(Catalog& catalog, const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return {make_error("cli-catalog", fmt::format("\"{}\" is not a folder", folder), {folder, 0, 0},
                       "--catalog takes a folder of YAML files; see docs/add-a-gpu.md")};
  }
  Diagnostics out;
  for (const fs::path& file : yaml_files(folder)) {
    auto document = read_document(file.string());
    const Diagnostics found = document.ok() ? catalog.overlay(*document) : document.errors();
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

std::string config_path(const std::string& name) {
  std::error_code error;
  if (fs::is_directory(name, error)) return (fs::path(name) / "config.json").string();
  return name;
}

bool looks_like_path(const std::string& name) {
  std::error_code error;
  const auto extension = fs::path(name).extension();
  return fs::exists(name, error) || extension == ".json" || extension == ".yaml" ||
         extension == ".yml" || name.starts_with("./") || name.starts_with("/") ||
         name.starts_with("../");
}

/// Formats that results of this command do not have.
Diagnostics check_forms(const ResultDocument& document, const CommonOptions& options) {
  Diagnostics out;
  const std::string command = document.json().at("command").get<std::string>();
  const auto check = [&](std::string_view name) {
    const ReportFormat* format = find_format(name);
    if (format == nullptr || format->only.empty() || format->only == command) return;
    out.push_back(make_error("cli-format",
                             fmt::format("results of {} have no format \"{}\"", command, name), {},
                             fmt::format("it is a format of {}", format->only)));
  };
  check(options.format);
  for (const std::string& output : options.outputs) check(output.substr(0, output.find('=')));
  return out;
}

}  // namespace

Diagnostics check_outputs(const CommonOptions& options) {
  Diagnostics out;
  if (find_format(options.format) == nullptr) {
    out.push_back(make_error("cli-format", fmt::format("unknown format \"{}\"", options.format), {},
                             fmt::format("one of: {}", format_names())));
  }
  for (const std::string& output : options.outputs) {
    const std::size_t equals = output.find('=');
    const bool known =
        equals != std::string::npos && find_format(output.substr(0, equals)) != nullptr;
    if (!known || equals + 1 == output.size()) {
      out.push_back(make_error("cli-output",
                               fmt::format("--output takes FORMAT=PATH, found \"{}\"", output), {},
                               fmt::format("formats: {}", format_names())));
    }
  }
  if (!lang_from(options.lang)) {
    std::string known;
    for (const Lang lang : languages())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", code_of(lang));
    out.push_back(make_error("cli-lang", fmt::format("unknown language \"{}\"", options.lang), {},
                             fmt::format("one of: {}", known)));
  }
  return out;
}

void add_common_options(Parser& app, CommonOptions& options) {
  app.add_option("--format", options.format, fmt::format("Output format: {}", format_names()));
  app.add_option("--output", options.outputs, "Also write FORMAT=PATH (repeatable)")->take_all();
  app.add_option("--lang", options.lang, "Words of reports and tables: en, zh");
  app.add_option("--catalog", options.catalogs,
                 "Folder of catalog files laid over the shipped ones (repeatable)")
      ->take_all();
  app.add_option("--catalog-only", options.catalog_only,
                 "Folder that stands in for the shipped catalog (pinned, repeatable runs)");
  app.add_flag("--strict", options.strict, "Exit 3 when something was not assessed");
  app.add_flag("--explain", options.explain, "Embed the derivation of every number");
  app.add_flag("--no-color", options.no_color, "No colour on the terminal");
}

Result<Catalog> load_catalog(const CommonOptions& options) {
  if (const Diagnostics problems = check_outputs(options); has_errors(problems)) return problems;
  const bool stands_alone = !options.catalog_only.empty();
  auto catalog = stands_alone ? Result<Catalog>(Catalog{}) : Catalog::shipped();
  if (!catalog.ok()) return catalog.errors();
  std::vector<std::string> folders;
  const char* environment = std::getenv("GPUSIZE_CATALOG");
  if (stands_alone) {
    folders.push_back(options.catalog_only);
  } else if (environment != nullptr && *environment != '\0') {
    folders = split(environment, ':');
  }
  folders.insert(folders.end(), options.catalogs.begin(), options.catalogs.end());
  if (folders.empty()) return catalog;
  Diagnostics problems;
  for (const std::string& folder : folders) {
    const Diagnostics found = overlay_folder(*catalog, folder);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  if (!has_errors(problems)) problems = catalog->settle();
  if (has_errors(problems)) return problems;
  return catalog;
}

Result<std::vector<ConfigOverride>> parse_overrides(const std::vector<std::string>& texts) {
  std::vector<ConfigOverride> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return make_error("cli-set", fmt::format("--set takes name=value, found \"{}\"", text), {},
                        "names are those of config.json, for example --set num_hidden_layers=24");
    }
    out.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return out;
}

Result<LoadedModel> load_model(const Catalog& catalog, const std::string& name,
                               const std::vector<std::string>& overrides) {
  const auto set = parse_overrides(overrides);
  if (!set.ok()) return set.errors();
  if (looks_like_path(name)) {
    auto document = read_document(config_path(name));
    if (!document.ok()) return document.errors();
    const bool is_catalog_file = static_cast<bool>(document->root().find("schema"));
    auto model = !set->empty() ? read_model_with(*document, *set)
                 : is_catalog_file
                     ? read_model(*document)
                     : read_model_config(*document, fs::path(name).filename().string());
    if (!model.ok()) return model.errors();
    return LoadedModel{std::make_shared<const ModelSpec>(std::move(model).value()), ""};
  }
  const auto found = catalog.find_model(name);
  if (!found.ok()) return found.errors();
  if (set->empty())
    return LoadedModel{std::make_shared<const ModelSpec>(*found->entry), found->note};
  auto changed = read_model_with(catalog.model_document(found->entry->id), *set);
  if (!changed.ok()) return changed.errors();
  return LoadedModel{std::make_shared<const ModelSpec>(std::move(changed).value()), found->note};
}

std::optional<Diagnostic> write_outputs(const ResultDocument& document,
                                        const CommonOptions& options) {
  Style style;
  style.lang = lang_from(options.lang).value_or(Lang::kEnglish);
  for (const std::string& output : options.outputs) {
    const std::size_t equals = output.find('=');
    const ReportFormat* to = find_format(output.substr(0, equals));
    if (auto problem = write_whole_file(output.substr(equals + 1), to->write(document, style)))
      return problem;
  }
  return {};
}

int emit(ResultDocument& document, const CommonOptions& options, int answer) {
  if (options.explain) document.embed_explanations();
  if (const Diagnostics problems = check_outputs(options); has_errors(problems))
    return fail(problems);
  if (const Diagnostics problems = check_forms(document, options); has_errors(problems))
    return fail(problems);
  if (auto problem = write_outputs(document, options)) return fail(*problem);
  const ReportFormat* format = find_format(options.format);
  const std::string text = format->write(document, terminal_style(options));
  std::fwrite(text.data(), 1, text.size(), stdout);
  const auto& json = document.json();
  const bool incomplete = json.contains("not_assessed") && !json["not_assessed"].empty();
  return answer == kAnswered && options.strict && incomplete ? kNotAssessed : answer;
}

std::vector<std::string>& trailing_words() {
  static std::vector<std::string> words;
  return words;
}

int fail(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) std::fputs(render(diagnostic).c_str(), stderr);
  return kCannotAnswer;
}

int fail(Diagnostic diagnostic) { return fail(Diagnostics{std::move(diagnostic)}); }

void warn(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) std::fputs(render(diagnostic).c_str(), stderr);
}

void note(std::string_view text) {
  if (!text.empty()) std::fputs(fmt::format("note: {}\n", printable(text)).c_str(), stderr);
}

}  // namespace gpusize::cli
