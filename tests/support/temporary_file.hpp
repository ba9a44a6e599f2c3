#pragma once
// A file with a given text, gone with the object. Tests run side by side: its name is the process's
// own.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gpusize::test {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text, const std::string& extension = ".csv") {
    static int next = 0;
    const std::string name =
        "gpusize-test-" + std::to_string(::getpid()) + "-" + std::to_string(next++) + extension;
    path_ = (std::filesystem::temp_directory_path() / name).string();
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gpusize::test
