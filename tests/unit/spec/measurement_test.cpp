#include "gpusize/spec/measurement.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

using namespace gpusize;
using gpusize::test::TemporaryFile;

namespace {

const std::string kHeader =
    "id,model,gpu,engine,metric,value,unit,mode,weights,input_len,output_len";

}  // namespace

TEST_CASE("measurements: columns in any order, unknown ones ignored") {
  const TemporaryFile file(
      "value,unit,metric,id,colour,model,gpu,engine,mode,weights,output_len,input_len,tp,load_"
      "value,requests\n"
      "12.5,ms,step_ms,r1,red,m,g,e,decode-step,bf16,,\"1000\",2,8,80\n");
  auto reader = MeasurementReader::open(file.path());
  REQUIRE(reader.ok());
  CHECK(reader->form() == MeasurementForm::kInference);
  CHECK(reader->ignored() == std::vector<std::string>{"colour"});
  Measurement row;
  REQUIRE(reader->next(row));
  CHECK(row.conditions.id == "r1");
  CHECK(row.value == 12.5);
  CHECK(row.conditions.input_len == 1000.0);
  CHECK_FALSE(row.conditions.output_len.has_value());
  CHECK(row.conditions.tp == 2);
  CHECK(row.conditions.load_value == 8.0);
  CHECK(row.conditions.requests == 80.0);
  CHECK(row.line == 2);
  CHECK_FALSE(reader->next(row));
  CHECK(reader->problems().empty());
}

TEST_CASE("measurements: a word as length is kept, a word as count is a cell not understood") {
  const TemporaryFile file(kHeader +
                           ",tp\n"
                           "r1,m,g,e,req_s,x,req/s,offline,bf16,ShareGPT,20,excluded\n");
  auto reader = MeasurementReader::open(file.path());
  REQUIRE(reader.ok());
  Measurement row;
  REQUIRE(reader->next(row));
  CHECK(row.conditions.input_text == "ShareGPT");
  CHECK_FALSE(row.conditions.input_len.has_value());
  CHECK_FALSE(row.value.has_value());
  CHECK(row.conditions.unreadable == "tp is \"excluded\"");
}

TEST_CASE("measurements: counts must be whole and not negative") {
  for (const char* bad : {"-1", "1.5", "1e300", "nan", "0x10"}) {
    INFO(bad);
    const TemporaryFile file(kHeader +
                             ",tp\n"
                             "r1,m,g,e,req_s,1,req/s,offline,bf16,1,20," +
                             bad + "\n");
    auto reader = MeasurementReader::open(file.path());
    Measurement row;
    REQUIRE(reader->next(row));
    CHECK_FALSE(row.conditions.unreadable.empty());
  }
}

TEST_CASE("measurements: training form by its columns") {
  const TemporaryFile file(
      "id,model,gpu,engine,metric,value,unit,seq_len,global_batch\nr,m,g,e,iter_time_s,1,s,2048,"
      "8\n");
  auto reader = MeasurementReader::open(file.path());
  REQUIRE(reader.ok());
  CHECK(reader->form() == MeasurementForm::kTraining);
}

TEST_CASE("measurements: faults of a header name the column and near matches") {
  const TemporaryFile missing(
      "id,modell,gpu,engine,metric,value,unit,mode,weights,input_len,output_len\n");
  auto reader = MeasurementReader::open(missing.path());
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.errors().front().code == "csv-missing-column");
  CHECK(reader.errors().front().hint.find("modell") != std::string::npos);

  const TemporaryFile twice(kHeader + ",gpu\n");
  reader = MeasurementReader::open(twice.path());
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.errors().front().code == "csv-duplicate-column");

  const TemporaryFile empty("");
  reader = MeasurementReader::open(empty.path());
  REQUIRE_FALSE(reader.ok());
  CHECK(reader.errors().front().code == "csv-empty");

  CHECK_FALSE(MeasurementReader::open("/nonexistent/x.csv").ok());
  CHECK_FALSE(MeasurementReader::open("/").ok());
}

TEST_CASE("measurements: a ragged row stops the file with its place") {
  const TemporaryFile file(kHeader + "\nr1,m\n");
  auto reader = MeasurementReader::open(file.path());
  REQUIRE(reader.ok());
  Measurement row;
  CHECK_FALSE(reader->next(row));
  REQUIRE(reader->problems().size() == 1);
  CHECK(reader->problems().front().code == "csv-ragged");
  CHECK(reader->problems().front().where.line == 2);
}
