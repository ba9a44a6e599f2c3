#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

Diagnostic unreadable(const std::string& path, const std::string& why) {
  return make_error("spec-unreadable", fmt::format("cannot read \"{}\": {}", path, why),
                    {path, 0, 0});
}

Diagnostic too_large(const std::string& path, const ReadLimits& limits) {
  constexpr std::uint64_t kMiB = 1 << 20;
  const std::string limit = limits.file_bytes < kMiB
                                ? fmt::format("{} bytes", limits.file_bytes)
                                : fmt::format("{} MiB", limits.file_bytes / kMiB);
  return make_error("spec-too-large", fmt::format("\"{}\" is larger than {}", path, limit),
                    {path, 0, 0});
}

}  // namespace

std::optional<Diagnostic> no_regular_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return unreadable(path, "no such file");
  if (error) return unreadable(path, error.message());
  if (std::filesystem::is_directory(status)) return unreadable(path, "it is a directory");
  if (!std::filesystem::is_regular_file(status))
    return unreadable(path, "it is not a regular file");
  return {};
}

Result<std::string> read_file(const std::string& path, const ReadLimits& limits) {
  if (auto problem = no_regular_file(path)) return std::move(*problem);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > limits.file_bytes) return too_large(path, limits);
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(path, std::strerror(errno));
  std::string text;
  constexpr std::size_t kChunk = 1 << 16;
  std::string chunk(kChunk, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(kChunk)), in.gcount() > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > limits.file_bytes) return too_large(path, limits);
  }
  if (in.bad()) return unreadable(path, "read failed");
  return text;
}

Result<Document> read_document(const std::string& path, const ReadLimits& limits) {
  auto text = read_file(path, limits);
  if (!text.ok()) return text.errors();
  const bool json = to_lower(std::filesystem::path(path).extension().string()) == ".json";
  return json ? read_json(path, *text, limits) : read_yaml(path, *text, limits);
}

}  // namespace gpusize
