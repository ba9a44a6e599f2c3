// `prices import`: a price list of others as an overlay for --catalog.

#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "cli/prices_import.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/tco/price_book.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  PriceImport import;
  std::string shape = "plain";
  std::vector<std::string> maps;
  std::vector<std::string> fx_rates;
  std::string out;
};

Diagnostics read_options(Options& o) {
  Diagnostics out;
  if (o.shape == "skypilot") {
    o.import.shape = PriceListShape::kSkyPilot;
  } else if (o.shape != "plain") {
    out.push_back(make_error("cli-choice", fmt::format("unknown price list \"{}\"", o.shape), {},
                             "one of: skypilot, plain"));
  }
  for (const std::string& text : o.maps) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      out.push_back(
          make_error("cli-usage", fmt::format("--map takes NAME=CARD, found \"{}\"", text)));
      continue;
    }
    o.import.cards[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const std::string& text : o.fx_rates) {
    const std::size_t equals = text.find('=');
    const auto rate = equals == std::string::npos
                          ? std::nullopt
                          : parse_number(std::string_view(text).substr(equals + 1));
    if (!rate || !std::isfinite(*rate) || *rate <= 0.0) {
      out.push_back(make_error(
          "cli-usage", fmt::format("--fx-rate takes CODE=NUMBER above 0, found \"{}\"", text)));
      continue;
    }
    o.import.per_usd[text.substr(0, equals)] = *rate;
  }
  o.import.today = today();
  return out;
}

int run(Options& o) {
  if (const Diagnostics problems = read_options(o); has_errors(problems)) return fail(problems);
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  std::ifstream in(o.import.file, std::ios::binary);
  if (!in)
    return fail(make_error("spec-unreadable", fmt::format("cannot read \"{}\"", o.import.file),
                           {o.import.file, 0, 0}));
  const auto imported = import_prices(*catalog, in, o.import);
  if (!imported.ok()) return fail(imported.errors());
  for (const std::string& text : imported->notes) note(text);
  if (o.out.empty()) {
    std::fwrite(imported->yaml.data(), 1, imported->yaml.size(), stdout);
  } else if (const auto problem = write_whole_file(o.out, imported->yaml)) {
    return fail(*problem);
  }
  note(fmt::format("{} quotes imported, {} rows without a GPU or a price left out",
                   imported->quotes, imported->skipped));
  return kAnswered;
}

}  // namespace

std::function<int()> setup_prices_import(Parser& app) {
  auto options = std::make_shared<Options>();
  app.add_option("file", options->import.file, "The price list, CSV")->required();
  app.add_option("--from", options->shape, "skypilot (vms.csv of its catalog) or plain");
  app.add_option("--provider", options->import.provider, "Whose prices they are")->required();
  app.add_option("--tier", options->import.tier,
                 "hyperscaler, neocloud, marketplace or a tier of your own")
      ->required();
  app.add_option("--as-of", options->import.as_of, "Day of the list")->required();
  app.add_option("--title", options->import.title, "How reports name the source");
  app.add_option("--map", options->maps, "NAME=CARD: which card a name in the list is (repeatable)")
      ->take_all();
  app.add_option("--fx-rate", options->fx_rates, "CNY=7.1: units for one US dollar (repeatable)")
      ->take_all();
  app.add_option("--out", options->out, "File to write (default: standard output)");
  app.add_option("--catalog", options->common.catalogs,
                 "Folder of catalog files laid over the shipped ones (repeatable)")
      ->take_all();
  app.add_option("--catalog-only", options->common.catalog_only,
                 "Folder that stands in for the shipped catalog");
  return [options] { return run(*options); };
}

}  // namespace gpusize::cli
