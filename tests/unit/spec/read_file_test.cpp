#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"
#include "support/document.hpp"

namespace gpusize {
namespace {

namespace fs = std::filesystem;
using test::outcome;

/// A folder that is gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "gpusize-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  fs::path path_;
};

std::string message(const Result<std::string>& result) {
  return result.ok() ? "ok" : result.errors().front().message;
}

TEST_CASE("a file's bytes, whatever they are") {
  const Folder folder;
  const std::string bytes("a\0\r\n\xff", 5);
  const auto text = read_file(folder.write("bytes", bytes));
  REQUIRE(text.ok());
  CHECK(*text == bytes);
  const auto empty = read_file(folder.write("empty", ""));
  REQUIRE(empty.ok());
  CHECK(empty->empty());
}

TEST_CASE("what is no readable file is refused with its path") {
  const Folder folder;
  CHECK_THAT(message(read_file(folder.path("none.yaml"))),
             test::contains("no such file") && test::contains("none.yaml"));
  CHECK_THAT(message(read_file(folder.path(""))), test::contains("directory"));
  CHECK_THAT(message(read_file("")), test::contains("no such file"));
  CHECK_FALSE(read_file(folder.write("plain", "x") + "/below").ok());
  fs::create_symlink(folder.path("loop"), folder.path("loop"));
  CHECK_THAT(outcome(read_file(folder.path("loop"))), test::contains("spec-unreadable"));
  CHECK(read_file(std::string(100'000, 'x')).errors().front().code == "spec-unreadable");
}

TEST_CASE("pipes and devices are refused at once instead of waited for") {
  const Folder folder;
  REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK_THAT(message(read_file(folder.path("pipe"))), test::contains("not a regular file"));
  if (fs::exists("/dev/zero"))
    CHECK_THAT(message(read_file("/dev/zero")), test::contains("not a regular file"));
}

TEST_CASE("a large file is refused by its size, unread") {
  const Folder folder;
  const std::string path = folder.write("huge.yaml", "a: 1\n");
  fs::resize_file(path, 1ULL << 40U);  // sparse: takes no room
  CHECK_THAT(message(read_file(path)), test::contains("larger than 64 MiB"));
  const std::string exact = folder.write("exact", "0123456789");
  CHECK(read_file(exact, {.file_bytes = 10}).ok());
  CHECK_THAT(message(read_file(exact, {.file_bytes = 9})), test::contains("larger than 9 bytes"));
}

TEST_CASE("the ending chooses the format") {
  const Folder folder;
  CHECK(read_document(folder.write("a.json", "{\"a\": 1}")).ok());
  CHECK_THAT(outcome(read_document(folder.write("b.json", "a: 1"))), test::contains("spec-json"));
  CHECK_THAT(outcome(read_document(folder.write("c.JSON", "a: 1"))), test::contains("spec-json"));
  CHECK(read_document(folder.write("d.yaml", "a: 1")).ok());
  CHECK(read_document(folder.write("e", "a: 1")).ok());
  CHECK_THAT(outcome(read_document(folder.write("f.yaml", ""))), test::contains("spec-empty"));
  CHECK_THAT(outcome(read_document(folder.path("none.json"))), test::contains("spec-unreadable"));
}

}  // namespace
}  // namespace gpusize
