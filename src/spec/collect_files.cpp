// Paths, folders and globs to the files that may hold deployments.

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_deployments.hpp"

namespace gpusize {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 100'000;

bool looks_like_deployment(const fs::path& path) {
  constexpr std::array<std::string_view, 7> kEndings{".yaml", ".yml",   ".json",  ".sh",
                                                     ".bash", ".slurm", ".sbatch"};
  const std::string ending = to_lower(path.extension().string());
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

/// `*` within a folder's name, `**` over folders, `?` one character.
bool matches_glob(std::string_view pattern, std::string_view path) {
  // Backtracks to the latest star only, so the cost is bounded by the product of the lengths.
  std::size_t p = 0;
  std::size_t s = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  bool crosses = false;
  while (s < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      crosses = pattern.substr(p).starts_with("**");
      star = p;
      p += crosses ? 2 : 1;
      if (crosses && p < pattern.size() && pattern[p] == '/') ++p;
      resume = s;
    } else if (p < pattern.size() &&
               (pattern[p] == path[s] || (pattern[p] == '?' && path[s] != '/'))) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos && (crosses || path[resume] != '/')) {
      p = star + (crosses ? 2 : 1);
      if (crosses && p < pattern.size() && pattern[p] == '/') ++p;
      s = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct Walk {
  std::vector<std::string> files;
  Diagnostics problems;

  void folder(const fs::path& root, std::string_view pattern) {
    std::error_code error;
    fs::recursive_directory_iterator it(root, error);
    if (error) {
      problems.push_back(make_error(
          "spec-unreadable",
          fmt::format("cannot read \"{}\": {}", printable(root.string()), error.message()),
          {root.string(), 0, 0}));
      return;
    }
    for (const fs::recursive_directory_iterator end; it != end; it.increment(error)) {
      if (error) {
        problems.push_back(make_error(
            "spec-unreadable",
            fmt::format("cannot read below \"{}\": {}", printable(root.string()), error.message()),
            {root.string(), 0, 0}));
        return;
      }
      const std::string name = it->path().filename().string();
      std::error_code ignored;
      if (it->is_directory(ignored)) {
        if (name.starts_with('.') && name != "." && name != "..") it.disable_recursion_pending();
        continue;
      }
      if (!it->is_regular_file(ignored) || name.starts_with('.')) continue;
      const bool taken = pattern.empty() ? looks_like_deployment(it->path())
                                         : matches_glob(pattern, it->path().generic_string());
      if (taken) files.push_back(it->path().generic_string());
      if (files.size() > kMostFiles) {
        problems.push_back(make_error(
            "spec-too-many",
            fmt::format("more than {} files below \"{}\"", kMostFiles, printable(root.string())),
            {root.string(), 0, 0}, "name a smaller folder"));
        return;
      }
    }
  }
};

fs::path fixed_part(const std::string& glob) {
  const std::size_t star = glob.find_first_of("*?");
  const std::size_t slash = glob.rfind('/', star);
  return slash == std::string::npos ? fs::path(".") : fs::path(glob.substr(0, slash));
}

}  // namespace

Result<std::vector<DeploymentInput>> collect_deployments(const std::vector<std::string>& paths,
                                                         const ReadLimits& limits) {
  Walk walk;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      walk.folder(path, "");
    } else if (path.find_first_of("*?") != std::string::npos && !fs::exists(path, error)) {
      const std::size_t before = walk.files.size();
      const fs::path root = fixed_part(path);
      walk.folder(root, root == "." && !path.starts_with("./") ? "./" + path : path);
      if (walk.files.size() == before && walk.problems.empty())
        walk.problems.push_back(
            make_error("spec-unreadable", fmt::format("nothing matches \"{}\"", printable(path))));
    } else {
      walk.files.push_back(path);
    }
  }
  std::sort(walk.files.begin(), walk.files.end());
  walk.files.erase(std::unique(walk.files.begin(), walk.files.end()), walk.files.end());
  std::vector<DeploymentInput> out;
  for (std::string& file : walk.files) {
    auto text = read_file(file, limits);
    if (!text.ok()) {
      walk.problems.insert(walk.problems.end(), text.errors().begin(), text.errors().end());
      continue;
    }
    if (file.starts_with("./")) file.erase(0, 2);
    out.push_back({std::move(file), std::move(text).value()});
  }
  if (has_errors(walk.problems)) return walk.problems;
  return out;
}

}  // namespace gpusize
