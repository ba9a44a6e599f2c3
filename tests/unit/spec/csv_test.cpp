#include <sstream>

#include "gpusize/spec/csv.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

using Rows = std::vector<std::vector<std::string>>;

struct ReadResult {
  Rows rows;
  Diagnostics problems;
};

ReadResult read(const std::string& text, CsvLimits limits = {}) {
  std::istringstream in(text);
  CsvReader reader(in, "t.csv", limits);
  ReadResult out;
  CsvRow row;
  while (reader.next(row)) out.rows.push_back(row.fields);
  out.problems = reader.problems();
  return out;
}

struct Good {
  const char* name;
  std::string text;
  Rows rows;
};

struct Bad {
  const char* name;
  std::string text;
  const char* code;
  int line;
  int column;
};

}  // namespace

TEST_CASE("CSV: forms of RFC 4180 and what spreadsheets write") {
  const std::vector<Good> cases{
      {"plain", "a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"no newline at the end", "a,b\n1,2", {{"a", "b"}, {"1", "2"}}},
      {"CRLF", "a,b\r\n1,2\r\n", {{"a", "b"}, {"1", "2"}}},
      {"lone carriage returns", "a,b\r1,2\r", {{"a", "b"}, {"1", "2"}}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a,b\n",
       {{"a", "b"}}},
      {"quoted comma", "\"a,b\",c\n", {{"a,b", "c"}}},
      {"doubled quote", "\"a\"\"b\",c\n", {{"a\"b", "c"}}},
      {"line end inside quotes", "\"a\nb\",c\nd,e\n", {{"a\nb", "c"}, {"d", "e"}}},
      {"empty fields", ",,\n", {{"", "", ""}}},
      {"empty quoted field", "\"\",x\n", {{"", "x"}}},
      {"blank lines are skipped", "a,b\n\n\r\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"UTF-8", "\xC3\xA9,\xF0\x9F\x98\x80\n", {{"\xC3\xA9", "\xF0\x9F\x98\x80"}}},
      {"nothing", "", {}},
      {"only a byte order mark", "\xEF\xBB\xBF", {}},
      {"trailing comma is an empty field", "a,\n", {{"a", ""}}},
  };
  for (const Good& c : cases) {
    INFO(c.name);
    const auto result = read(c.text);
    CHECK(result.problems.empty());
    CHECK(result.rows == c.rows);
  }
}

TEST_CASE("CSV: hostile files are one error with its place") {
  const std::vector<Bad> cases{
      {"quote never closed", "a,b\n1,\"2\n3,4\n", "csv-quote", 2, 3},
      {"text after a closing quote", "\"a\"b,c\n", "csv-quote", 1, 4},
      {"quote in an unquoted field", "a\"b,c\n", "csv-quote", 1, 2},
      {"zero byte", std::string("a,b\n1,\0\n", 8), "csv-nul", 2, 3},
      {"invalid UTF-8", "a,b\n1,\xFF\n", "csv-encoding", 2, 3},
      {"overlong UTF-8", "\xC0\xAF\n", "csv-encoding", 1, 1},
      {"half a byte order mark",
       "\xEF\xBB"
       "a\n",
       "csv-encoding", 1, 1},
      {"binary after a byte order mark", "\xEF\xBB\xBF\xFE\xFF\n", "csv-encoding", 1, 4},
  };
  for (const Bad& c : cases) {
    INFO(c.name);
    const auto result = read(c.text);
    REQUIRE(result.problems.size() == 1);
    CHECK(result.problems.front().code == c.code);
    CHECK(result.problems.front().where.line == c.line);
  }
}

TEST_CASE("CSV: limits stop a hostile file early") {
  CsvLimits limits;
  limits.row_bytes = 100;
  CHECK(read(std::string(1000, 'x'), limits).problems.front().code == "csv-too-large");
  CHECK(read("\"" + std::string(1000, '\n'), limits).problems.front().code == "csv-too-large");
  limits.fields = 4;
  CHECK(read("a,b,c,d,e\n", limits).problems.front().code == "csv-too-large");
  CHECK(read("a,b,c,d\n", limits).problems.empty());
  limits = {};
  limits.file_bytes = 10;
  CHECK(read("aaaa,b\naaaa,b\naaaa,b\n", limits).problems.front().code == "csv-too-large");
}

TEST_CASE("CSV: rows know their line and their fields' columns") {
  std::istringstream in("a,b\n\"x\ny\",2\nlast,\"z\"\n");
  CsvReader reader(in, "t.csv");
  CsvRow row;
  REQUIRE(reader.next(row));
  REQUIRE(reader.next(row));
  CHECK(row.line == 2);
  REQUIRE(reader.next(row));
  CHECK(row.line == 4);
  CHECK(row.columns == std::vector<int>{1, 6});
  CHECK(row.at("t.csv", 1).str() == "t.csv:4:6");
}
