#include "gpusize/spec/trace.hpp"

#include "support/catch.hpp"
#include "support/temporary_file.hpp"

namespace gpusize {
namespace {

struct ReadTrace {
  std::vector<TraceRecord> records;
  std::map<std::string, std::uint64_t> skipped;
  std::string format;
  std::string error;
};

ReadTrace read(const std::string& text, const TraceColumns& columns = {}) {
  const test::TemporaryFile file(text);
  ReadTrace out;
  auto reader = TraceReader::open(file.path(), {}, columns);
  if (!reader.ok()) {
    out.error = reader.errors().front().code;
    return out;
  }
  TraceRecord record;
  while (reader->next(record)) out.records.push_back(record);
  out.skipped = reader->skipped();
  out.format = reader->format();
  if (has_errors(reader->problems())) out.error = reader->problems().front().code;
  return out;
}

TEST_CASE("the published formats are known by their headers") {
  const ReadTrace azure = read(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2023-11-16 18:15:46.6805900,374,44\n"
      "2023-11-16 18:15:50.1805900,396,109\n");
  CHECK(azure.format == "azure");
  REQUIRE(azure.records.size() == 2);
  CHECK(azure.records[1].arrival_s == Approx(3.5));
  CHECK(azure.records[1].input == 396);
  CHECK(azure.records[1].output == 109);

  const ReadTrace newer = read(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2024-05-10 23:59:59.500000+00:00,10,4\n"
      "2024-05-11 00:00:01+00:00,10,4\n");
  REQUIRE(newer.records.size() == 2);
  CHECK(newer.records[1].arrival_s == Approx(1.5));

  const ReadTrace burst = read(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,ChatGPT,472,18,490,Conversation log\n"
      "45,ChatGPT,1087,0,1087,Conversation log\n"
      "118,GPT-4,417,276,693,API log\n");
  CHECK(burst.format == "burstgpt");
  REQUIRE(burst.records.size() == 2);
  CHECK(burst.records[1].arrival_s == Approx(113.0));
  CHECK(burst.skipped.at("no output (failed request)") == 1);

  const ReadTrace mooncake = read(
      "{\"timestamp\": 0, \"input_length\": 1100, \"output_length\": 6, \"hash_ids\": [0, 1, 2]}\n"
      "{\"timestamp\": 3052, \"input_length\": 600, \"output_length\": 7, \"hash_ids\": [0, 9]}\n");
  CHECK(mooncake.format == "mooncake");
  REQUIRE(mooncake.records.size() == 2);
  CHECK(mooncake.records[1].arrival_s == Approx(3.052));
  CHECK(mooncake.records[1].blocks == std::vector<std::uint64_t>{0, 9});
  CHECK(mooncake.records[1].block_tokens == 512);

  CHECK(read("arrived_at,num_prefill_tokens,num_decode_tokens\n0.5,10,2\n").format == "vidur");
}

TEST_CASE("columns of any file can be named") {
  const ReadTrace r = read("when_ms,p,c\n1000,10,2\n2500,11,3\n", {"when_ms", "p", "c", 1e-3});
  REQUIRE(r.records.size() == 2);
  CHECK(r.records[1].arrival_s == Approx(1.5));
  CHECK(read("when,p,c\n1,2,3\n").error == "trace-format");
  CHECK(read("when,p,c\n1,2,3\n", {"when", "p", "q", 1.0}).error == "trace-column");
}

TEST_CASE("what cannot be used is left out and counted by reason") {
  const ReadTrace r = read(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2023-11-16 18:15:46,374,44\n"
      "yesterday,10,4\n"
      "2023-11-16 18:15:47,-3,44\n"
      "2023-11-16 18:15:48,many,44\n"
      "2023-11-16 18:15:45,10,4\n"
      "2023-11-16 18:15:49,10,4\n"
      "2023-11-16 18:15:50,1");
  CHECK(r.records.size() == 2);
  CHECK(r.skipped.at("no time") == 1);
  CHECK(r.skipped.at("a length below 1") == 1);
  CHECK(r.skipped.at("a length is no number") == 1);
  CHECK(r.skipped.at("earlier than the row above") == 1);
  CHECK(r.skipped.at("line cut short") == 1);
  CHECK(r.error.empty());
}

TEST_CASE("files that hold nothing are errors") {
  CHECK(read("").error == "trace-empty");
  CHECK(read("TIMESTAMP,ContextTokens,GeneratedTokens\n").error == "trace-empty");
  CHECK(read("TIMESTAMP,ContextTokens,GeneratedTokens\nx,y,z\n").error == "trace-empty");
  CHECK(read("{\"a\": 1}\n").error == "trace-format");
  CHECK(TraceReader::open("no/such/file.csv").errors().front().code == "trace-unreadable");
}

TEST_CASE("times of traces") {
  CHECK(trace_time_s("12.25") == Approx(12.25));
  CHECK(trace_time_s("1970-01-02 00:00:01.5") == Approx(86401.5));
  CHECK(trace_time_s("1970-01-01T01:00:00+01:00") == Approx(0.0));
  CHECK(trace_time_s("2024-02-29 00:00").value() - trace_time_s("2024-02-28 00:00").value() ==
        Approx(86400.0));
  CHECK_FALSE(trace_time_s("2024-13-01 00:00").has_value());
  CHECK_FALSE(trace_time_s("noon").has_value());
  CHECK_FALSE(trace_time_s("2024-01-01 00:00:99").has_value());
}

}  // namespace
}  // namespace gpusize
