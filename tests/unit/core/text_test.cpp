#include "gpusize/core/text.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("names compare without case and separators") {
  CHECK(normalise_name("NVIDIA H100 80GB HBM3") == "nvidia-h100-80gb-hbm3");
  CHECK(normalise_name("nvidia_h100-80gb__hbm3 ") == "nvidia-h100-80gb-hbm3");
  CHECK(normalise_name("meta-llama/Llama-3.1-8B") == "meta-llama/llama-3.1-8b");
  CHECK(normalise_name("--a--") == "a");
  CHECK(normalise_name(" \t ").empty());
  CHECK(to_lower("ÄBC") == "Äbc");  // ASCII only: other letters stay
}

TEST_CASE("edit distance") {
  struct Row {
    const char* a;
    const char* b;
    std::size_t distance;
  };
  const Row rows[] = {{"", "", 0},         {"", "abc", 3},        {"abc", "", 3},
                      {"h100", "h100", 0}, {"h100", "h200", 1},   {"kitten", "sitting", 3},
                      {"ab", "ba", 1},     {"flaw", "lawn", 2},   {"gpu", "gpus", 1},
                      {"abc", "xyz", 3},   {"llama", "llama3", 1}};
  for (const Row& row : rows) {
    INFO(row.a << " and " << row.b);
    CHECK(edit_distance(row.a, row.b) == row.distance);
    CHECK(edit_distance(row.b, row.a) == row.distance);
  }
}

TEST_CASE("near matches are plausible and ordered") {
  const std::vector<std::string> gpus{"h100-sxm", "h100-pcie", "h200-sxm", "a100-sxm-80gb",
                                      "l4",       "t4",        ""};
  CHECK(near_matches("h100-smx", gpus).front() == "h100-sxm");
  CHECK(near_matches("H100 SXM", gpus).front() == "h100-sxm");
  CHECK(near_matches("a100", gpus) == std::vector<std::string>{"a100-sxm-80gb"});
  CHECK(near_matches("l5", gpus) == std::vector<std::string>{"l4"});
  CHECK(near_matches("gaudi3", gpus).empty());
  CHECK(near_matches("", gpus, 9).size() <= 1);
  CHECK(near_matches(std::string(100'000, 'x'), gpus).empty());
  CHECK(near_matches("h100", gpus, 1).size() == 1);
  CHECK(near_matches("nmae", {"name"}).size() == 1);
  CHECK(near_matches("name", {"name", "name"}).size() == 1);
  // A short candidate inside a long name is chance, not a slip.
  CHECK(near_matches("llama-3.1-405b", {"a", "l4"}).empty());
}

TEST_CASE("did you mean") {
  CHECK(did_you_mean("contxt", {"context", "model"}) == "did you mean \"context\"?");
  CHECK(did_you_mean("tp", {"pp", "ep"}) == "did you mean \"ep\", \"pp\"?");
  CHECK(did_you_mean("zzzzzz", {"context"}).empty());
}

TEST_CASE("printable text cannot drive a terminal") {
  struct Row {
    std::string_view text;
    std::string_view shown;
  };
  const Row rows[] = {
      {"plain text, ünïcode 日本 🙂", "plain text, ünïcode 日本 🙂"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"line\nbreak\r\ttab", "line\\x0abreak\\x0d\\x09tab"},
      {std::string_view("nul\0!", 5), "nul\\x00!"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m"},              // C1 control sequence introducer
      {"\xff\xfe", "\\xff\\xfe"},  // never UTF-8
      {"\xc3", "\\xc3"},           // cut short
      {"\xe6\x97", "\\xe6\\x97"},
      {"\xc0\xaf", "\\xc0\\xaf"},  // overlong
      {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
      {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
      {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
      {"a\xe2\x80\xae"
       "b",
       "a\\u202eb"},  // right-to-left override
      {"a\xe2\x81\xa6"
       "b",
       "a\\u2066b"},
      {"\xe2\x80\x93", "\xe2\x80\x93"},  // an en dash is fine
  };
  for (const Row& row : rows) CHECK(printable(row.text) == row.shown);
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  const std::string shown = printable(bytes);
  for (const char c : shown) CHECK((c >= 0x20 && c < 0x7f));
}

TEST_CASE("the first byte that is not UTF-8") {
  CHECK(find_invalid_utf8("") == std::string_view::npos);
  CHECK(find_invalid_utf8("abc ü 日 🙂") == std::string_view::npos);
  CHECK(find_invalid_utf8("ab\xff") == 2);
  CHECK(find_invalid_utf8("ü\xc3") == 2);
}

TEST_CASE("numbers: the whole text, finite, decimal") {
  struct Good {
    const char* text;
    double value;
  };
  const Good good[] = {{"0", 0.0},       {"-0", -0.0},
                       {"42", 42.0},     {"+7", 7.0},
                       {"-3.5", -3.5},   {".5", 0.5},
                       {"5.", 5.0},      {"1e3", 1000.0},
                       {"1E-3", 1e-3},   {"1.5e+2", 150.0},
                       {"007", 7.0},     {"0.1", 0.1},
                       {"1e308", 1e308}, {"9007199254740993", 9007199254740992.0}};
  for (const Good& row : good) {
    INFO(row.text);
    REQUIRE(parse_number(row.text).has_value());
    CHECK(*parse_number(row.text) == row.value);
  }
  for (const char* bad : {"",      " ",    "+",        "-",     ".",      "nan",  "NaN", "-nan",
                          "inf",   "-inf", "infinity", "1e999", "-1e999", "0x10", "0b1", "1_000",
                          "1,000", "1 ",   " 1",       "1GB",   "80 GiB", "1e",   "e5",  "--1",
                          "+-1",   "-+1",  "++1",      "1.2.3", "12:30",  "½",    "٣"}) {
    INFO(bad);
    CHECK_FALSE(parse_number(bad).has_value());
  }
  CHECK_FALSE(parse_number(std::string_view("1\0", 2)).has_value());
}

TEST_CASE("whole numbers") {
  CHECK(parse_integer("0") == 0);
  CHECK(parse_integer("+12") == 12);
  CHECK(parse_integer("-12") == -12);
  CHECK(parse_integer("9223372036854775807") == 9223372036854775807LL);
  for (const char* bad : {"", "+", "-", "1.0", "1e3", "9223372036854775808", "-9223372036854775809",
                          "0x1", "1 ", "+-1", "++1", "ten"}) {
    INFO(bad);
    CHECK_FALSE(parse_integer(bad).has_value());
  }
}

TEST_CASE("split and trim") {
  CHECK(split("a,b,,c", ',') == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split(",", ',') == std::vector<std::string>{"", ""});
  CHECK(trim("  a b\r\n") == "a b");
  CHECK(trim(" \t\r\n").empty());
  CHECK(trim("").empty());
}

}  // namespace
}  // namespace gpusize
