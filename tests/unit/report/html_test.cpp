#include <string>

#include "gpusize/plan/read_result.hpp"
#include "gpusize/report/formats.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A document of a command without a shape of its own.
ResultDocument small() {
  ResultDocument document("s", "other");
  ObjectWriter out = document.root();
  const Formula formula{"test.total", "a + b", "USD", "definition"};
  out.flag("passed", false);
  out.number(
      "total", 5.0,
      why_formula(formula, "total", 5.0,
                  {{"a", why_input("a", 2.0, "USD", "--a")},
                   {"b", why_fact("b", 3.0, "USD", NumberKind::kAssumed,
                                  {"A <book>", "page 7", "2026-01-02"}, Confidence::kRead)}}));
  ObjectWriter row = out.append("rows");
  row.text("name", "<img src=x onerror=alert(1)>");
  row.number("share", 0.25, why_count("share", 0.25, "counted"));
  return document;
}

TEST_CASE("a number links to its formula, and the formula to its inputs and source") {
  const std::string page = write_html(small(), {});
  CHECK(has(page, "<a class=\"n\" href=\"#w0\">5</a>"));
  CHECK(has(page, "id=\"w0\"><b>total = 5 USD</b><code>a + b</code>"));
  CHECK(has(page, "A &lt;book&gt;"));
  CHECK(has(page, "2026-01-02"));
}

TEST_CASE("every link inside the page has its target") {
  const std::string page = write_html(small(), {});
  for (std::size_t at = page.find("href=\"#w"); at != std::string::npos;
       at = page.find("href=\"#w", at + 1)) {
    const std::size_t from = at + 7;
    const std::string id = page.substr(from, page.find('"', from) - from);
    INFO(id);
    CHECK(has(page, "id=\"" + id + "\""));
  }
}

TEST_CASE("texts of a document stay texts") {
  const std::string page = write_html(small(), {});
  CHECK_FALSE(has(page, "<img"));
  CHECK(has(page, "&lt;img src=x onerror=alert(1)&gt;"));
}

TEST_CASE("the page loads nothing and says so to the browser") {
  const std::string page = write_html(small(), {});
  CHECK(has(page, "default-src 'none'"));
  for (const char* loads : {" src=\"", "<link", "@import", "url("}) CHECK_FALSE(has(page, loads));
}

TEST_CASE("the language of the page is the reader's") {
  Style style;
  style.lang = Lang::kChinese;
  const std::string page = write_html(small(), style);
  CHECK(has(page, "<html lang=\"zh-Hans\">"));
  CHECK(has(page, "未通过。"));
  CHECK_FALSE(has(page, "Verdict"));
}

TEST_CASE("the same document gives the same bytes") {
  CHECK(write_html(small(), {}) == write_html(small(), {}));
}

TEST_CASE("a document with many numbers stays below one MiB") {
  ResultDocument document("s", "other");
  ObjectWriter out = document.root();
  for (int i = 0; i < 12000; ++i) {
    ObjectWriter row = out.append("rows");
    const Formula formula{"test.sum", "a + b", "USD", "definition"};
    row.number(
        "x", i,
        why_formula(formula, "x", i,
                    {{"a", why_input("a", i, "", "--a")}, {"b", why_input("b", 0.0, "", "--b")}}));
  }
  CHECK(write_html(document, {}).size() <= 1024U * 1024U);
}

}  // namespace
}  // namespace gpusize
