// A result as one self-contained HTML page: no request leaves it, and it is whole without scripts.

#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/embedded.hpp"
#include "gpusize/core/check.hpp"
#include "gpusize/report/formats.hpp"
#include "report/cells.hpp"
#include "report/html_page.hpp"

namespace gpusize {
namespace {

/// A page stays below this with all its derivations.
constexpr std::size_t kMostBytes = 1000 * 1000;
/// Nothing is loaded from anywhere: browsers hold it, not only we.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

struct Shape {
  std::string_view command;
  HtmlReport (*make)(Page& page);
};
constexpr std::array<Shape, 3> kShapes{{
    {"estimate", estimate_html},
    {"plan", plan_html},
    {"tco", tco_html},
}};

std::string_view shipped_text(std::string_view path) {
  for (const EmbeddedText& file : embedded_texts()) {
    if (file.path == path) return file.text;
  }
  GPUSIZE_CHECK(false, "style sheet and script are compiled in");
  return {};
}

HtmlReport make(Page& page, const std::string& command) {
  for (const Shape& shape : kShapes) {
    if (shape.command == command) return shape.make(page);
  }
  return any_html(page);
}

std::string head(const Words& w, const std::string& title) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" content=\"{}\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light "
      "dark\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n",
      w.lang() == Lang::kChinese ? "zh-Hans" : "en", kPolicy, html(title),
      shipped_text("report/report.css"));
}

std::string verdict(const Words& w, const HtmlReport& report) {
  std::string tiles;
  for (const Tile& tile : report.tiles)
    tiles += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", html(tile.label), tile.html);
  if (!tiles.empty()) tiles = fmt::format("<dl class=\"tiles\">{}</dl>", tiles);
  return fmt::format(
      "<section class=\"verdict {}\" id=\"verdict\"><h2>{}</h2><p "
      "class=\"lead\">{}</p>{}</section>\n",
      report.good ? "good" : "bad", w["part.verdict"], report.verdict, tiles);
}

std::string contents(const Words& w, const HtmlReport& report) {
  std::string links;
  for (const HtmlPart& part : report.parts)
    links += fmt::format("<a href=\"#{}\">{}</a>\n", part.id, html(part.title));
  return fmt::format("<nav aria-label=\"{}\">{}</nav>\n", w["text.contents"], links);
}

std::string sections(const HtmlReport& report) {
  std::string out;
  for (const HtmlPart& part : report.parts)
    out += fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", part.id, html(part.title),
                       part.html);
  return out;
}

std::string derivations(Page& page, std::size_t used) {
  const Words& w = page.words;
  if (page.why.empty())
    return fmt::format("<section id=\"why\"><h2>{}</h2><p>{}</p></section>\n", w["part.why"],
                       w["text.no_why"]);
  const std::size_t left = used + 20000 < kMostBytes ? kMostBytes - used - 20000 : 0;
  return fmt::format(
      "<section id=\"why\"><h2>{}</h2><p>{}</p><input type=\"checkbox\" id=\"all-why\"><label "
      "for=\"all-why\">{}</label><div class=\"all\">\n{}</div></section>\n",
      w["part.why"], w["text.why"], w["text.why_all"], page.why.entries(left));
}

std::string scripts(const HtmlReport& report) {
  std::string data = report.data;
  // `</script>` inside JSON would end the element.
  for (std::size_t at = data.find('<'); at != std::string::npos; at = data.find('<', at))
    data.replace(at, 1, "\\u003c");
  std::string out;
  if (!data.empty())
    out = fmt::format("<script type=\"application/json\" id=\"what-if-data\">{}</script>\n", data);
  return out + fmt::format("<script>\n{}</script>\n", shipped_text("report/report.js"));
}

}  // namespace

std::string write_html(const ResultDocument& document, const Style& style) {
  const Words& w = Words::of(style.lang);
  Page page(document, w);
  const std::string command = text_of(document.json(), "command");
  const HtmlReport report = make(page, command);
  std::string out = head(w, fmt::format("{} – gpusize {}", report.heading, command));
  out += fmt::format(
      "<body>\n<a class=\"skip\" href=\"#main\">{}</a>\n<header><p>gpusize {}</p><h1>{}</h1><p "
      "class=\"faint\">{}</p></header>\n<main id=\"main\">\n",
      w["text.skip"], html(command), html(report.heading),
      w.text("text.made_by", page.text("/tool/version"), page.text("/catalog/version")));
  out += verdict(w, report) + contents(w, report) + sections(report);
  const std::string tail = scripts(report);
  out += derivations(page, out.size() + tail.size());
  out += fmt::format("</main>\n<footer data-dark=\"{}\" data-light=\"{}\"><p>{}</p></footer>\n",
                     w["text.dark"], w["text.light"], w["text.footer"]);
  return out + tail + "</body>\n</html>\n";
}

}  // namespace gpusize
