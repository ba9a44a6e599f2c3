#include "gpusize/hw/attention.hpp"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "gpusize/hw/formulas.hpp"
#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// Full rate, tiles of 128 and nothing else, so that times can be worked out by hand.
AttentionLibrary plain() {
  AttentionLibrary library;
  library.flop_fraction = library.latent_fraction = 1.0;
  return library;
}

AttentionShared bare() { return {0.0, 0.0, 0.0, 0.0}; }

AttentionCall prompt(double tokens, double window = 0.0) {
  AttentionCall call;
  call.query_heads = 8.0;
  call.kv_heads = 2.0;
  call.new_tokens = call.keys = tokens;
  call.window = window;
  return call;
}

AttentionCall step(double sequences, double heads, double kv_heads, double keys) {
  AttentionCall call;
  call.decode = true;
  call.sequences = sequences;
  call.query_heads = heads;
  call.kv_heads = kv_heads;
  call.keys = keys;
  return call;
}

/// The round card under ideal rates.
struct Bench {
  GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  Device device{card, rates};
  double us(const AttentionLibrary& library, const AttentionCall& call,
            const AttentionShared& shared = bare()) const {
    return AttentionClock(device, shared).time(library, call).in(units::us);
  }
};

double evaluated(const Formula& formula, const std::map<std::string, double>& values) {
  const auto value = evaluate(formula.text, [&](std::string_view name) -> std::optional<double> {
    const auto at = values.find(std::string(name));
    return at == values.end() ? std::nullopt : std::optional<double>(at->second);
  });
  REQUIRE(value.ok());
  return *value;
}

TEST_CASE("prompts are computed in whole tiles of queries") {
  const Bench bench;
  // 8 heads x 128 rows x 128 keys x 4 x 128 FLOP at 100 TFLOP/s, whether 1 or all rows are real
  const double tile = 4.0 * 8.0 * 128.0 * 128.0 * 128.0 / 100e12 * 1e6;
  CHECK(bench.us(plain(), prompt(128)) == Approx(tile));
  CHECK(bench.us(plain(), prompt(100)) == Approx(tile * 100.0 / 128.0));
  // two tiles: 128 and 256 keys
  CHECK(bench.us(plain(), prompt(256)) == Approx(tile * 3.0));
}

TEST_CASE("a narrow window walks the tiles that it touches") {
  const Bench bench;
  AttentionShared shared = bare();
  shared.key_tile = 128.0;
  const double whole = bench.us(plain(), prompt(16384), shared);
  const double windowed = bench.us(plain(), prompt(16384, 128), shared);
  // every query tile sees the window, itself and a tile of rounding: 3 x 128 keys
  CHECK(windowed / whole == Approx(384.0 / (0.5 * (16384.0 + 128.0))).epsilon(1e-6));
}

TEST_CASE("exponentials make small heads slower per FLOP") {
  const Bench bench;
  AttentionShared shared = bare();
  shared.softmax_dims = 32.0;  // 1 TFLOP/s per SM
  AttentionCall small = prompt(4096);
  small.head_dim = 64.0;
  const double ratio = bench.us(plain(), small, shared) / bench.us(plain(), prompt(4096), shared);
  CHECK(ratio == Approx((64.0 + 32.0) / (128.0 + 32.0)));
}

TEST_CASE("a conversion is paid for wide queries over a narrow cache alone") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.conversion = 4.0 * units::us;
  AttentionCall call = prompt(128);
  const double before = bench.us(library, call);
  call.narrow_cache = true;
  CHECK(bench.us(library, call) == Approx(before + 4.0));
  call.narrow_queries = true;
  CHECK(bench.us(library, call) == Approx(before));
}

TEST_CASE("decoding reads each key once however many heads share it") {
  const Bench bench;
  // 2 x 2 heads x 128 x 10,000 keys x 2 bytes and 4 x 64 x 128 of queries and output at 1 TB/s
  const double bytes = 2.0 * 2.0 * 128.0 * 10000.0 * 2.0 + 4.0 * 64.0 * 128.0;
  CHECK(bench.us(plain(), step(1, 64, 2, 10000)) == Approx(bytes / 1e12 * 1e6));
}

TEST_CASE("groups beyond what a library packs are walked head by head") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.packed_heads = 32.0;
  library.per_token = 10.0 * units::ns;
  const double packed = bench.us(library, step(1, 32, 1, 10000));
  const double apart = bench.us(library, step(1, 64, 1, 10000));
  CHECK(packed < 10.0);
  CHECK(apart == Approx(100.0));  // 10,000 keys of 10 ns, all 64 heads side by side on 100 SMs
  CHECK(bench.us(library, step(4, 64, 1, 10000)) == Approx(100.0 * 256.0 / 100.0));
}

TEST_CASE("a library that does not split narrow caches walks their keys alone") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.per_token = 10.0 * units::ns;
  AttentionCall call = step(1, 8, 2, 10000);
  call.narrow_cache = true;
  CHECK(bench.us(library, call) < 20.0);
  library.splits_narrow = false;
  CHECK(bench.us(library, call) == Approx(100.0));
  call.narrow_cache = false;
  CHECK(bench.us(library, call) < 20.0);
}

TEST_CASE("launches grow with the heads that a kernel is built for") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode_launch = 10.0 * units::us;
  AttentionCall call = step(1, 8, 2, 1);
  const auto launch = [&](double head) {
    call.head_dim = head;
    return bench.us(library, call);
  };
  const double before = launch(192.0) - launch(128.0);
  library.launch_per_head = 0.2;
  CHECK(launch(128.0) == Approx(10.0).epsilon(0.01));
  CHECK(launch(64.0) == Approx(9.0).epsilon(0.01));
  // 192 dimensions run in the kernel for 256
  CHECK(launch(192.0) - launch(128.0) == Approx(2.0 + before));
}

TEST_CASE("a library's own latency takes the place of the architecture's") {
  Bench bench;
  bench.rates.decode.latency = 0.1 * units::us;
  AttentionLibrary library = plain();
  const AttentionCall call = step(1, 1, 1, 10000);
  CHECK(bench.us(library, call) == Approx(std::hypot(5.12, 10.0)).epsilon(0.01));
  library.latency = 0.4 * units::us;
  CHECK(bench.us(library, call) == Approx(std::hypot(5.12, 40.0)).epsilon(0.01));
}

TEST_CASE("caches that fit into L2 are read from there when one call is timed again and again") {
  const Bench bench;  // 50 MB of L2, 100 SMs, 1 TB/s
  const AttentionShared shared = bare();
  const AttentionCall small = step(1, 8, 2, 10000);  // 10 MB
  const AttentionCall large = step(1, 8, 2, 400000);
  const auto us = [&](const AttentionCall& call, double gb_s) {
    return AttentionClock(bench.device, shared, gb_s).time(plain(), call).in(units::us);
  };
  CHECK(us(small, 30.0) == Approx(us(small, 0.0) / 3.0).epsilon(0.01));
  CHECK(us(large, 30.0) == Approx(us(large, 0.0)).epsilon(0.01));
  CHECK(us(small, 1.0) == Approx(us(small, 0.0)));  // never slower than memory
}

TEST_CASE("absorbed prefill of latent attention fills tiles with heads") {
  const Bench bench;
  AttentionLibrary library = plain();
  AttentionCall call = prompt(16);
  call.latent = true;
  const double expanded = bench.us(library, call);
  library.absorbed = true;
  // 8 heads x 16 queries are one tile of 544 dimensions instead of eight of 160
  CHECK(bench.us(library, call) / expanded == Approx(544.0 / (8.0 * 160.0)));
}

TEST_CASE("latent decoding takes the architecture's rates unless the library has its own") {
  Bench bench;
  bench.rates.latent_decode.launch = 5.0 * units::us;
  AttentionLibrary library = plain();
  AttentionCall call = step(1, 16, 1, 100000);
  call.latent = true;
  const double split = bench.us(library, call);
  CHECK(split > 5.0 + 576.0 * 2.0 * 100000.0 / 1e12 * 1e6);
  library.latent_decode = LatentDecodeKernel{64.0, {}, 1.0, Seconds{}, 100.0 * units::ns};
  CHECK(bench.us(library, call) == Approx(5.0 + 10000.0));  // one block walks 100,000 keys
  library.latent_decode->launch = 300.0 * units::us;
  CHECK(bench.us(library, call) == Approx(300.0 + 10000.0));
}

TEST_CASE("attention takes no less time for more work") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.prefill_launch = 12.0 * units::us;
  library.decode_launch = 15.0 * units::us;
  library.per_block = 3.0 * units::us;
  library.per_token = 12.0 * units::ns;
  library.extra_context = 50.0;
  const AttentionShared shared{128.0, 12.0, 1.6, 0.5};
  for (const bool decode : {false, true}) {
    for (const double window : {0.0, 128.0, 1024.0}) {
      double last = 0.0;
      for (double tokens = 1.0; tokens < 1e5; tokens = std::ceil(tokens * 1.3)) {
        AttentionCall call = prompt(tokens, window);
        call.decode = decode;
        if (decode) call.new_tokens = 1.0;
        const double now = bench.us(library, call, shared);
        CHECK(now >= last);
        last = now;
        call.sequences = 7.0;
        CHECK(bench.us(library, call, shared) >= now);
      }
    }
  }
}

TEST_CASE("the published formulas give the computed prefill and decode times") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.prefill_launch = 12.0 * units::us;
  library.extra_context = 50.0;
  const AttentionShared shared{128.0, 12.0, 1.6, 0.5};
  std::map<std::string, double> values{
      {"softmax_dims", 12.0}, {"unit_tflops", 1.0},
      {"dim", 128.0},         {"keys", 3000.0},
      {"new", 1000.0},        {"tile", 128.0},
      {"window", 4000.0},     {"key_tile", 128.0},
      {"launch", 12e-6},      {"sequences", 3.0},
      {"heads", 8.0},         {"extra_context", 50.0},
      {"peak", 100e12},       {"flop_fraction", 1.0},
      {"last_tile", 0.5},     {"most_keys", 3000.0},
      {"units", 100.0},       {"bandwidth", 1e12},
      {"l2_fraction", 0.0},   {"l2", 50e6},
      {"memory_passes", 1.6}, {"bytes", 4.0 * 3.0 * 1000.0 * 128.0 * (8.0 + 2.0)}};
  values["work_dim"] = evaluated(formulas::kLibraryWorkDim, values);
  values["mean_keys"] = evaluated(formulas::kLibraryMeanKeys, values);
  AttentionCall call = prompt(1000, 4000);
  call.sequences = 3.0;
  call.keys = 3000.0;
  CHECK(bench.us(library, call, shared) ==
        Approx(1e6 * evaluated(formulas::kLibraryPrefillTime, values)));

  library.decode_launch = 9.0 * units::us;
  library.per_block = 3.0 * units::us;
  const AttentionCall decode = step(50, 8, 2, 2000);
  values = {{"launch", 9e-6},
            {"bytes", 50.0 * (2.0 * 2.0 * 128.0 * 2000.0 * 2.0 + 4.0 * 8.0 * 128.0)},
            {"hit", 0.0},
            {"bandwidth", 1e12},
            {"memory_fraction", 1.0},
            {"l2_rate", 0.0},
            {"units", 100.0},
            {"walk_time", 0.0},
            {"lanes", 1.0},
            {"per_block", 3e-6},
            {"latency", 0.0},
            {"keys", 2000.0}};
  values["read_time"] = evaluated(formulas::kLibraryReadTime, values);
  CHECK(bench.us(library, decode, shared) ==
        Approx(1e6 * evaluated(formulas::kLibraryDecodeTime, values)));
}

}  // namespace
}  // namespace gpusize
