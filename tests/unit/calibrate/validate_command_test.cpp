#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"

namespace {

const std::string kSmall = GPUSIZE_SOURCE_DIR "/tests/data/measurements/small.csv";

int run(const std::string& arguments, const std::string& output = "/dev/null") {
  const std::string command = std::string(GPUSIZE_BINARY) + " validate " + arguments + " > " + output + " 2> /dev/null";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("validate command: exit codes") {
  CHECK(run(kSmall) == 0);
  CHECK(run(kSmall + " --strict") == 3);
  CHECK(run(kSmall + " --format md") == 0);
  CHECK(run(kSmall + " --format csv --predictions") == 0);
  CHECK(run("/nonexistent.csv") == 2);
  CHECK(run("") == 2);
  CHECK(run(std::string(GPUSIZE_SOURCE_DIR) + "/README.md") == 2);
}

TEST_CASE("validate command: names of the JSON document") {
  const std::string path = "/tmp/gpusize-validate-" + std::to_string(getpid()) + ".json";
  REQUIRE(run(kSmall + " --format json --predictions", path) == 0);
  std::ifstream in(path);
  const auto doc = nlohmann::json::parse(in);
  std::remove(path.c_str());
  CHECK(doc["rows"] == 13);
  CHECK(doc["assessed"] == 6);
  for (const char* key : {"median_ape_pct", "mean_ape_pct", "p90_ape_pct", "bias_pct", "within_band_pct"}) {
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
  for (const char* key : {"id", "metric", "predicted", "low", "high", "measured"}) CHECK(doc["predictions"][0].contains(key));
}
