#include <array>
#include <cstdio>
#include <string>

#include <sys/wait.h>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"

namespace {

const std::string kSmall = GPUSIZE_SOURCE_DIR "/tests/data/measurements/small.csv";

struct Ran {
  int code = -1;
  std::string output;
};

Ran run(const std::string& arguments) {
  const std::string command =
      std::string(GPUSIZE_BINARY) + " validate " + arguments + " 2> /dev/null";
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ran out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) out.code = WEXITSTATUS(status);
  return out;
}

}  // namespace

TEST_CASE("validate command: exit codes") {
  CHECK(run(kSmall).code == 0);
  CHECK(run(kSmall + " --strict").code == 3);
  CHECK(run(kSmall + " --format md").code == 0);
  CHECK(run(kSmall + " --format csv --predictions").code == 0);
  CHECK(run("/nonexistent.csv").code == 2);
  CHECK(run("").code == 2);
  CHECK(run(std::string(GPUSIZE_SOURCE_DIR) + "/README.md").code == 2);
}

TEST_CASE("validate command: names of the JSON document") {
  const Ran ran = run(kSmall + " --format json --predictions");
  REQUIRE(ran.code == 0);
  const auto doc = nlohmann::json::parse(ran.output);
  CHECK(doc["rows"] == 13);
  CHECK(doc["assessed"] == 6);
  for (const char* key :
       {"median_ape_pct", "mean_ape_pct", "p90_ape_pct", "bias_pct", "within_band_pct"}) {
    CHECK(doc["summary"][key].is_number());
    CHECK(doc["by_source"][0][key].is_number());
  }
  for (const char* key : {"by_metric", "by_source", "by_gpu", "by_model"}) {
    CHECK(doc[key][0]["name"].is_string());
    CHECK(doc[key][0]["n"].is_number_integer());
  }
  CHECK(doc["not_assessed"].size() == 7);
  CHECK(doc["not_assessed"][0].contains("id"));
  CHECK(doc["not_assessed"][0].contains("reason"));
  for (const char* key : {"id", "metric", "predicted", "low", "high", "measured"})
    CHECK(doc["predictions"][0].contains(key));
}
