#include "report/charts.hpp"

#include <cmath>
#include <string>

#include "report/html_text.hpp"
#include "report/svg.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

const ChartFrame kFrame{"chart-x", "A <title>", "What it shows"};

TEST_CASE("a straight scale maps its ends to its ends and halves to halves") {
  const Scale scale{10.0, 30.0, 100.0, 500.0, false};
  CHECK(scale.at(10.0) == Approx(100.0));
  CHECK(scale.at(20.0) == Approx(300.0));
  CHECK(scale.at(30.0) == Approx(500.0));
}

TEST_CASE("a logarithmic scale gives every power of ten the same room") {
  const Scale scale{1.0, 1000.0, 0.0, 300.0, true};
  CHECK(scale.at(10.0) == Approx(100.0));
  CHECK(scale.at(100.0) == Approx(200.0));
}

TEST_CASE("ticks are round and inside the scale") {
  const auto values = ticks({0.0, 87.0, 0.0, 1.0, false}, 5);
  REQUIRE(values.size() == 5);
  CHECK(values[1] == Approx(20.0));
  CHECK(values.back() == Approx(80.0));
  const auto decades = ticks({0.5, 2e6, 0.0, 1.0, true}, 6);
  CHECK(decades.front() == Approx(1.0));
  CHECK(decades.back() == Approx(1e6));
}

TEST_CASE("a chart has a title and a text alternative, both escaped") {
  const std::string out = share_bars(kFrame, {{"row & more", 0.5, "50 %"}});
  CHECK(out.find("role=\"img\" aria-labelledby=\"chart-x-t chart-x-d\"") != std::string::npos);
  CHECK(out.find("<title id=\"chart-x-t\">A &lt;title&gt;</title>") != std::string::npos);
  CHECK(out.find("<desc id=\"chart-x-d\">What it shows</desc>") != std::string::npos);
  CHECK(out.find("row &amp; more") != std::string::npos);
}

TEST_CASE("stacked bars lie end to end and leave out what is not positive") {
  const std::string out = stacked_bars(
      kFrame, {"a", "b", "c"},
      {{"one", {1.0, 0.0, 3.0}, "4", std::nan("")}, {"two", {2.0, -1.0, 2.0}, "4", std::nan("")}},
      "USD");
  CHECK(count_of(out, "<rect") == 4);
  // Parts of 1 and 3: the second begins where the first ends.
  const std::size_t first = out.find("<rect x=\"");
  REQUIRE(first != std::string::npos);
  const double left = std::stod(out.substr(first + 9));
  const std::size_t width_at = out.find("width=\"", first) + 7;
  const double width = std::stod(out.substr(width_at));
  const std::size_t next = out.find("<rect x=\"", first + 1) + 9;
  CHECK(std::stod(out.substr(next)) == Approx(left + width).margin(0.02));
}

TEST_CASE("every point of a scatter chart is drawn once and strong ones are joined") {
  const std::string out = scatter_chart(kFrame, {"x"}, {"y"},
                                        {{1.0, 5.0, "1", "tip 1", true},
                                         {2.0, 3.0, "2", "tip 2", true},
                                         {3.0, 9.0, "3", "tip 3", false}});
  CHECK(count_of(out, "<circle") == 3);
  CHECK(count_of(out, "class=\"frontier\"") == 1);
  CHECK(out.find("<title>tip 2</title>") != std::string::npos);
}

TEST_CASE("the slider's places are where the line chart draws its points") {
  LineChart chart{{"x"}, {"y"}, {{"one", {{0.0, 1.0}, {10.0, 2.0}}}}, {}, true};
  const auto places = line_chart_places(chart, {0.0, 5.0, 10.0});
  CHECK(places[1] == Approx((places[0] + places[2]) / 2.0));
  const std::string out = line_chart(kFrame, chart);
  CHECK(out.find("M" + coordinate(places[0]) + " ") != std::string::npos);
  CHECK(out.find("L" + coordinate(places[2]) + " ") != std::string::npos);
}

TEST_CASE("a tornado's bars start at the base") {
  const std::string out =
      tornado_chart(kFrame, 100.0, {{"price", 80.0, 120.0, "low", "high"}}, "USD");
  CHECK(count_of(out, "class=\"bar s0\"") == 1);
  CHECK(count_of(out, "class=\"bar s1\"") == 1);
}

TEST_CASE("charts of nothing and of equal values are drawn") {
  CHECK(line_chart(kFrame, {{"x"}, {"y"}, {}, {}, false}).find("<svg") != std::string::npos);
  CHECK(column_chart(kFrame, {}, {}, "USD").find("<svg") != std::string::npos);
  const std::string flat =
      line_chart(kFrame, {{"x"}, {"y"}, {{"n", {{1.0, 0.0}, {1.0, 0.0}}}}, {}, false});
  CHECK(flat.find("nan") == std::string::npos);
  CHECK(flat.find("inf") == std::string::npos);
}

TEST_CASE("roofs and bandwidth meet at the ridge") {
  const std::string out =
      roofline_chart(kFrame, {"x"}, {"y"}, 1e12, {{"bf16", 1e15}}, {{"gemm", 10.0, 5e12, 0.5}});
  CHECK(count_of(out, "class=\"roof\"") == 2);
  CHECK(out.find("gemm: 10 FLOP/B, 5TFLOP/s, 50.0 %") != std::string::npos);
}

TEST_CASE("short numbers keep three digits") {
  CHECK(short_number(0.0) == "0");
  CHECK(short_number(1234.0) == "1.23k");
  CHECK(short_number(-2.5e9) == "-2.5G");
  CHECK(short_number(0.125) == "0.125");
}

TEST_CASE("text from files cannot become markup") {
  CHECK(html("<script>alert('x')</script> & \"y\"") ==
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;");
}

}  // namespace
}  // namespace gpusize
