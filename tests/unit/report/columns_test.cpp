#include "report/columns.hpp"

#include "gpusize/core/text.hpp"
#include "gpusize/report/text_table.hpp"
#include "report/bars.hpp"
#include "report/sparkline.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("CJK characters take two columns, marks none") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("TTFT ms") == 7);
  CHECK(columns_of("总成本 USD") == 10);
  CHECK(columns_of("（每卡）") == 8);
  CHECK(columns_of("~ × ") == 4);
  CHECK(columns_of("e\u0301") == 1);
}

TEST_CASE("a text is cut to columns, not to bytes") {
  CHECK(cut_to("短", 2) == "短");
  CHECK(cut_to("采购成本", 6) == "采购~");
  CHECK(cut_to("采购成本", 5) == "采购~");
  CHECK(cut_to("purchase", 4) == "pur~");
}

TEST_CASE("paragraphs break at spaces and between characters, never before a closing mark") {
  CHECK(wrapped("one two three", 8) == "one two\n    three\n");
  CHECK(wrapped("  kept indent of words", 14) == "  kept indent\n      of words\n");
  CHECK(wrapped("采购，租用", 6) == "采购，\n    租\n    用\n");
  CHECK(wrapped("（甲）", 4) == "（甲）\n");
  for (const std::string& line :
       split(wrapped("可容纳 430,142 个词元或 208 个同样的序列", 20), '\n'))
    CHECK(columns_of(line) <= 20);
}

TEST_CASE("columns of a table stand in line whatever the script") {
  TextTable table({{"项目", Align::kLeft}, {"USD", Align::kRight}});
  table.row({"电费", "1"});
  table.row({"rent", "22"});
  CHECK(table.text(40) == "项目  USD\n电费    1\nrent   22\n");
}

TEST_CASE("plots stand on terminals with room for them and nowhere else") {
  TextTable table({{"name", Align::kLeft}, {"", Align::kLeft, true}, {"n", Align::kRight}});
  table.row({"a", "####", "1"});
  CHECK(table.text(40) == "name        n\na     ####  1\n");
  CHECK(table.text(20) == "name        n\na     ####  1\n");
  CHECK(table.markdown() == "| name | n |\n|---|---:|\n| a | 1 |\n");
  CHECK(table.csv() == "name,n\na,1\n");
  TextTable tight({{"name", Align::kLeft}, {"", Align::kLeft, true}, {"n", Align::kRight}});
  tight.row({"a name that is long", "####", "1"});
  CHECK(tight.text(24) == "name                 n\na name that is long  1\n");
}

TEST_CASE("a bar has a mark for anything above zero and never leaves its width") {
  CHECK(bar(0.0, 8).empty());
  CHECK(bar(1e-9, 8) == "#");
  CHECK(bar(0.5, 8) == "####");
  CHECK(bar(1.7, 8) == "########");
}

TEST_CASE("a range shows its ends and its middle on the common scale") {
  CHECK(range_bar(0.0, 5.0, 10.0, 0.0, 10.0, 11) == "-----|-----");
  CHECK(range_bar(2.0, 2.0, 4.0, 0.0, 10.0, 11) == "  |--");
  CHECK(range_bar(8.0, 10.0, 9.0, 0.0, 10.0, 11) == "        --|");
  CHECK(range_bar(1.0, 1.0, 1.0, 1.0, 1.0, 11).empty());
}

TEST_CASE("a sparkline can be drawn against another row's largest value") {
  CHECK(sparkline({1.0, 2.0}, 2) == "▄█");
  CHECK(sparkline({1.0, 2.0}, 2, 4.0) == "▂▄");
}

}  // namespace
}  // namespace gpusize
