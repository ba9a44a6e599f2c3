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
  library.tiles.push_back({});
  library.persistent = true;
  library.memory_passes = 0.0;
  library.flop_fraction = library.latent_fraction = 1.0;
  return library;
}

AttentionShared bare() { return {0.0}; }

/// One block of 128 queries and keys of a head of 128 on one of 100 SMs, at 1 TFLOP/s.
constexpr double kBlockUs = 4.0 * 128.0 * 128.0 * 128.0 / 1e12 * 1e6;

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

TEST_CASE("prompts are computed in whole tiles of queries and keys") {
  const Bench bench;
  // 8 heads are 8 blocks of 100 SMs: the longest block counts, whether 1 or all rows are real
  CHECK(bench.us(plain(), prompt(128)) == Approx(kBlockUs));
  CHECK(bench.us(plain(), prompt(100)) == Approx(kBlockUs));
  CHECK(bench.us(plain(), prompt(1)) < 0.01);  // decoded
  // 128 sequences: 8 x 128 blocks
  AttentionCall many = prompt(100);
  many.sequences = 128.0;
  CHECK(bench.us(plain(), many) == Approx(10.24 * kBlockUs));
  // two tiles of queries see one and two tiles of keys
  many.new_tokens = many.keys = 256.0;
  CHECK(bench.us(plain(), many) == Approx(10.24 * 3.0 * kBlockUs));
}

TEST_CASE("a grid ends with its longest block, persistent kernels do not") {
  const Bench bench;
  AttentionCall call = prompt(256);
  call.sequences = 128.0;
  AttentionLibrary library = plain();
  const double dealt = bench.us(library, call);
  library.persistent = false;
  CHECK(bench.us(library, call) == Approx(dealt + 2.0 * kBlockUs));
  library.per_tile = 3.0 * units::us;
  CHECK(bench.us(library, call) == Approx(dealt + 2.0 * kBlockUs + 3.0 * (20.48 + 1.0)));
}

TEST_CASE("a narrow window walks the tiles that it touches") {
  const Bench bench;
  const double whole = bench.us(plain(), prompt(16384));
  // a tile of queries sees itself and the window before: 255 keys, two tiles
  const double windowed = bench.us(plain(), prompt(16384, 128));
  CHECK(windowed / whole == Approx(256.0 / (0.5 * (16384.0 + 128.0))).epsilon(1e-6));
  AttentionLibrary library = plain();
  library.tiles.front().window_keys = 96.0;
  CHECK(bench.us(library, prompt(16384, 128)) / windowed == Approx(288.0 / 256.0));
  library.skips_keys = false;
  CHECK(bench.us(library, prompt(16384, 128)) == Approx(whole));
}

TEST_CASE("packed heads fill tiles with short prompts and narrow a window's walk") {
  const Bench bench;
  AttentionLibrary packed = plain();
  packed.packs_queries = true;
  AttentionCall call = prompt(32);
  call.sequences = 1000.0;
  // 2 x 1000 blocks of 4 heads x 32 queries instead of 8 x 1000
  CHECK(bench.us(plain(), call) / bench.us(packed, call) == Approx(4.0));
  // blocks span 32 queries, so that they see 159 keys
  packed.tiles.front().keys = 32.0;
  AttentionLibrary apart = plain();
  apart.tiles.front().keys = 32.0;
  const double ratio = bench.us(packed, prompt(16384, 128)) / bench.us(apart, prompt(16384, 128));
  CHECK(ratio == Approx(160.0 / 256.0));
}

TEST_CASE("tiles follow the head dimension and how many rows a sequence has") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.tiles = {{64.0, 192.0, 0.0, 128.0, 0.0}, {128.0, 128.0, 64.0, 128.0, 0.0}};
  AttentionCall call = prompt(192);
  call.sequences = 1000.0;
  call.head_dim = 64.0;
  // one tile of 192 queries and 256 keys, half as wide as kBlockUs
  CHECK(bench.us(library, call) == Approx(80.0 * kBlockUs * 1.5 * 2.0 / 2.0));
  call.head_dim = 128.0;
  call.new_tokens = call.keys = 64.0;
  CHECK(bench.us(library, call) == Approx(80.0 * kBlockUs / 2.0));
  call.new_tokens = call.keys = 65.0;
  CHECK(bench.us(library, call) == Approx(80.0 * kBlockUs));
  call.head_dim = 512.0;  // beyond the last tile
  CHECK(bench.us(library, call) == Approx(80.0 * kBlockUs * 4.0));
}

TEST_CASE("prompts move queries, output, keys and values, and these into the cache and back") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.flop_fraction = 1e9;
  library.memory_passes = 1.0;
  AttentionCall call = prompt(1000);
  call.sequences = 100.0;
  // 100,000 tokens x 128 x (4 bytes x 8 heads + 12 x 2) at 1 TB/s
  CHECK(bench.us(library, call) == Approx(1e5 * 128.0 * 56.0 / 1e12 * 1e6).epsilon(0.01));
  call.narrow_cache = true;
  CHECK(bench.us(library, call) == Approx(1e5 * 128.0 * 48.0 / 1e12 * 1e6).epsilon(0.01));
  library.rotates_queries = true;
  CHECK(bench.us(library, call) == Approx(1e5 * 128.0 * 80.0 / 1e12 * 1e6).epsilon(0.01));
  call.narrow_queries = true;
  CHECK(bench.us(library, call) == Approx(1e5 * 128.0 * 56.0 / 1e12 * 1e6).epsilon(0.01));
  library.rotates_queries = false;
  const double before = bench.us(library, call);
  library.per_cache_element = 1.0 * units::ns;
  // 2 x 100,000 x 2 heads x 128 elements on 100 SMs
  CHECK(bench.us(library, call) == Approx(before + 2.0 * 1e5 * 256.0 / 100.0 * 1e-3));
}

TEST_CASE("narrow products have a speed of their own unless the cache is widened") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.narrow_speed = 2.0;
  library.tiles.push_back({.head = 256.0, .narrow_speed = 0.5});
  AttentionCall call = prompt(4096);
  const double wide = bench.us(library, call);
  call.narrow_cache = true;
  CHECK(bench.us(library, call) == Approx(wide / 2.0));
  library.widens_cache = true;
  CHECK(bench.us(library, call) == Approx(wide));
  call.narrow_queries = true;
  CHECK(bench.us(library, call) == Approx(wide / 2.0));
  call.head_dim = 256.0;
  CHECK(bench.us(library, call) == Approx(wide * 2.0 / 0.5));
}

TEST_CASE("queries in eight bits may have tiles of their own, and tiles a rate and a start") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.packs_queries = library.packs_narrow = true;
  library.narrow_tiles.push_back({.head = 256.0,
                                  .queries = 64.0,
                                  .keys = 128.0,
                                  .flop_fraction = 0.5,
                                  .per_tile = 3.0 * units::us});
  AttentionCall call = prompt(32);
  call.sequences = 1000.0;
  // four heads of 32 queries fill one tile of 128, or two of 64 at half the rate
  CHECK(bench.us(library, call) == Approx(20.0 * kBlockUs));
  call.narrow_queries = call.narrow_cache = true;
  CHECK(bench.us(library, call) == Approx(40.0 * (kBlockUs + 3.0)));
  library.packs_narrow = false;  // one tile for each head
  CHECK(bench.us(library, call) == Approx(80.0 * (kBlockUs + 3.0)));
}

TEST_CASE("heads may be padded to the next power of two") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode.per_token = 10.0 * units::ns;
  library.decode.splits_packed = false;
  AttentionCall call = prompt(4096);
  AttentionCall one = step(1, 8, 2, 10000);
  call.head_dim = one.head_dim = 192.0;
  const double exact = bench.us(library, call);
  CHECK(bench.us(library, one) == Approx(150.0));
  library.pads_heads = true;
  CHECK(bench.us(library, call) == Approx(exact * 256.0 / 192.0));
  CHECK(bench.us(library, one) == Approx(200.0));
  call.head_dim = 256.0;
  CHECK(bench.us(library, call) == Approx(exact * 256.0 / 192.0));
}

TEST_CASE("kernels of a prompt find in L2 what misses at random have left") {
  const Bench bench;  // 50 MB of L2, 100 SMs, 1 TB/s
  AttentionLibrary library = plain();
  library.flop_fraction = 1e9;
  library.memory_passes = 1.0;
  const AttentionShared shared = bare();
  const auto hit = [&](double sequences) {
    AttentionCall call = prompt(1000);
    call.sequences = sequences;
    const auto us = [&](double gb_s) {
      return AttentionClock(bench.device, shared, gb_s).time(library, call).in(units::us);
    };
    return (1.0 - us(30.0) / us(0.0)) / (1.0 - 1.0 / 3.0);  // L2 is three times as fast
  };
  // 128,000 x (4 x 8 + 8 x 2) bytes a sequence, keys and values of the cache counted once
  const double rounds = 16.0 * 128e3 * 48.0 / (50.0 * 1024 * 1024);
  CHECK(hit(8.0) == Approx(1.0).epsilon(0.01));
  CHECK(hit(16.0) == Approx(std::exp((hit(16.0) - 1.0) * rounds)).epsilon(0.01));
  CHECK(hit(64.0) == Approx(0.0).margin(0.01));
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
  library.converts_queries = true;
  CHECK(bench.us(library, call) == Approx(before + 4.0));
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
  library.decode.packed_heads = 32.0;
  library.decode.per_token = 10.0 * units::ns;
  const double packed = bench.us(library, step(1, 32, 1, 10000));
  const double apart = bench.us(library, step(1, 64, 1, 10000));
  CHECK(packed < 10.0);
  CHECK(apart == Approx(100.0));  // 10,000 keys of 10 ns, all 64 heads side by side on 100 SMs
  CHECK(bench.us(library, step(4, 64, 1, 10000)) == Approx(100.0 * 256.0 / 100.0));
}

TEST_CASE("narrow caches may have a kernel of their own") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode.per_token = 10.0 * units::ns;
  AttentionCall call = step(1, 8, 2, 10000);
  call.narrow_cache = true;
  CHECK(bench.us(library, call) < 20.0);
  library.narrow_decode = library.decode;
  library.narrow_decode->splits_packed = false;
  CHECK(bench.us(library, call) == Approx(100.0));
  call.narrow_cache = false;
  CHECK(bench.us(library, call) < 20.0);
}

TEST_CASE("SMs may bound what is read of a narrow cache, whatever the memory gives") {
  const Bench bench;  // 100 SMs and 1 TB/s
  AttentionLibrary library = plain();
  AttentionCall call = step(50, 8, 2, 10000);
  call.narrow_cache = true;
  const double memory = bench.us(library, call);
  library.narrow_unit_rate = 20.0 * units::GB_per_s;  // twice the memory's rate in all
  CHECK(bench.us(library, call) == Approx(memory));
  library.narrow_unit_rate = 5.0 * units::GB_per_s;
  CHECK(bench.us(library, call) == Approx(2.0 * memory));
  call.narrow_cache = false;
  CHECK(bench.us(library, call) < 2.1 * memory);  // twice the bytes at the memory's rate
}

TEST_CASE("packing costs transposes unless heads are in order as they are") {
  const Bench bench;
  AttentionLibrary library = plain();
  const double before = bench.us(library, step(2, 8, 2, 1));
  library.decode.transposes = 6.0 * units::us;
  CHECK(bench.us(library, step(2, 8, 2, 1)) == Approx(before + 6.0));
  CHECK(bench.us(library, step(1, 8, 2, 1)) < 1.0);
  CHECK(bench.us(library, step(2, 8, 1, 1)) < 1.0);
  CHECK(bench.us(library, step(2, 8, 8, 1)) < 1.0);
}

TEST_CASE("keys before a window may cost, and blocks cost by their queries") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode.windowed = 5.0 * units::us;
  AttentionCall call = step(1, 8, 2, 128);
  call.window = 128.0;
  const double inside = bench.us(library, call);
  call.keys = 129.0;
  CHECK(bench.us(library, call) == Approx(inside + 5.0));
  library = plain();
  library.decode.per_query = 100.0 * units::us;
  // 100 x 2 blocks of 4 heads of 128: half of 1024 elements each, on 100 SMs
  CHECK(bench.us(library, step(100, 8, 2, 1)) == Approx(100.0).epsilon(0.01));
}

TEST_CASE("blocks that walk slower than memory share an SM, or split the keys of a few") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode.per_token = 1.0 * units::us;
  library.decode.resident_blocks = 2.0;
  // 400 blocks: two at a time on each of 100 SMs
  CHECK(bench.us(library, step(400, 4, 1, 1000)) == Approx(2000.0));
  // 20 blocks of 1000 keys are split over all SMs, of 512 keys they are not
  CHECK(bench.us(library, step(20, 4, 1, 1000)) == Approx(200.0));
  CHECK(bench.us(library, step(20, 4, 1, 512)) == Approx(512.0));
}

TEST_CASE("launches grow with the heads that a kernel is built for") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode.launch = 10.0 * units::us;
  AttentionCall call = step(1, 8, 2, 1);
  const auto launch = [&](double head) {
    call.head_dim = head;
    return bench.us(library, call);
  };
  const double before = launch(192.0) - launch(128.0);
  library.decode.launch_per_head = 0.2;
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
  library.decode.latency = 0.4 * units::us;
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
  call.sequences = 100.0;
  call.latent = true;
  const double expanded = bench.us(library, call);
  library.absorbed = true;
  // 8 heads x 16 queries of 100 sequences are a tile of 544 dimensions instead of eight of 160
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
  library.latent_decode = LatentDecodeKernel{};
  library.latent_decode->per_token = 100.0 * units::ns;
  library.latent_decode->per_block = 50.0 * units::us;
  // one block on 100 SMs walks 100,032 keys, the last tile of 64 whole
  CHECK(bench.us(library, call) == Approx(5.0 + 10003.2 + 0.5));
  library.latent_decode->launch = 300.0 * units::us;
  CHECK(bench.us(library, call) == Approx(300.0 + 10003.2 + 0.5));
  // 200 blocks on 100 SMs, each as slow as half of them, and half a walk for the last
  call.sequences = 200.0;
  library.latent_decode->loaded = 1.5;
  CHECK(bench.us(library, call) == Approx(300.0 + 3.5 * 10003.2 + 100.0));
}

TEST_CASE("latent decoding in splits goes over the SMs in whole waves, a lone head slower") {
  Bench bench;
  bench.rates.latent_decode.launch = 5.0 * units::us;
  AttentionLibrary library = plain();
  library.latent_decode = LatentDecodeKernel{};
  library.latent_decode->head_tile = 16.0;
  library.latent_decode->splits = 4.0;
  library.latent_decode->per_block = 10.0 * units::us;
  library.latent_decode->per_token = 100.0 * units::ns;
  library.latent_decode->lone_token = 300.0 * units::ns;
  const auto us = [&](double sequences, double heads) {
    AttentionCall call = step(sequences, heads, 1, 10000);
    call.latent = true;
    return bench.us(library, call);
  };
  CHECK(us(1, 16) == Approx(5.0 + 1000.0 + 10.0));
  CHECK(us(25, 16) == us(1, 16));  // 100 blocks on 100 SMs
  CHECK(us(26, 16) == Approx(5.0 + 2.0 * 1010.0));
  CHECK(us(1, 1) == Approx(5.0 + 3000.0 + 10.0));
}

TEST_CASE("a call that no graph replays takes no less than its host") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.decode.launch = 10.0 * units::us;
  const AttentionCall call = step(1, 8, 2, 16);
  CHECK(bench.us(library, call) < 20.0);
  library.host = 100.0 * units::us;
  CHECK(bench.us(library, call) == Approx(100.0).epsilon(0.001));
}

TEST_CASE("attention takes no less time for more work") {
  const Bench bench;
  AttentionLibrary library = plain();
  library.prefill_launch = 12.0 * units::us;
  library.decode.launch = 15.0 * units::us;
  library.decode.per_block = 3.0 * units::us;
  library.decode.per_token = 12.0 * units::ns;
  library.per_tile = 2.0 * units::us;
  library.packs_queries = true;
  library.memory_passes = 1.5;
  library.tiles = {{128.0, 128.0, 64.0, 96.0, 64.0}};
  const AttentionShared shared{12.0};
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
  library.persistent = false;
  library.prefill_launch = 12.0 * units::us;
  library.per_tile = 2.0 * units::us;
  library.memory_passes = 1.5;
  const AttentionShared shared{12.0};
  std::map<std::string, double> values{{"softmax_dims", 12.0},
                                       {"unit_tflops", 1.0},
                                       {"exponentials", 1.0},
                                       {"dim", 128.0},
                                       {"keys", 3000.0},
                                       {"new", 1000.0},
                                       {"span", 128.0},
                                       {"key_tile", 128.0},
                                       {"window", 4000.0},
                                       {"rows", 128.0},
                                       {"launch", 12e-6},
                                       {"blocks", 3.0 * 8.0 * 8.0},
                                       {"tail", 1.0},
                                       {"peak", 100e12},
                                       {"flop_fraction", 1.0},
                                       {"units", 100.0},
                                       {"per_tile", 2e-6},
                                       {"memory_passes", 1.5},
                                       {"bandwidth", 1e12},
                                       {"memory_fraction", 1.0},
                                       {"l2_rate", 0.0},
                                       {"per_narrow_byte", 0.0},
                                       {"hit", 0.0},
                                       {"per_cache_element", 0.0},
                                       {"cache_elements", 0.0},
                                       {"bytes", 3.0 * 1000.0 * 128.0 * (4.0 * 8.0 + 12.0 * 2.0)}};
  const double used = 3.0 * 1000.0 * 128.0 * (4.0 * 8.0 + 8.0 * 2.0);
  values["hit"] = 1.0 / (1.0 + std::pow(used / 50e6, 6.0));
  values["work_dim"] = evaluated(formulas::kLibraryWorkDim, values);
  values["read_time"] = evaluated(formulas::kLibraryReadTime, values);
  const double mean_keys = evaluated(formulas::kLibraryMeanKeys, values);
  values["keys"] = mean_keys;
  values["mean_block"] = evaluated(formulas::kLibraryBlockTime, values);
  values["keys"] = 3072.0;  // all, in whole tiles
  values["longest_block"] = evaluated(formulas::kLibraryBlockTime, values);
  AttentionCall call = prompt(1000, 4000);
  call.sequences = 3.0;
  call.keys = 3000.0;
  CHECK(bench.us(library, call, shared) ==
        Approx(1e6 * evaluated(formulas::kLibraryPrefillTime, values)));

  library.decode.launch = 9.0 * units::us;
  library.decode.per_block = 3.0 * units::us;
  const AttentionCall decode = step(50, 8, 2, 2000);
  values = {{"launch", 9e-6},
            {"bytes", 50.0 * (2.0 * 2.0 * 128.0 * 2000.0 * 2.0 + 4.0 * 8.0 * 128.0)},
            {"hit", 0.0},
            {"bandwidth", 1e12},
            {"memory_fraction", 1.0},
            {"l2_rate", 0.0},
            {"per_narrow_byte", 0.0},
            {"units", 100.0},
            {"walk_time", 0.0},
            {"lanes", 1.0},
            {"per_block", 3e-6},
            {"per_query", 0.0},
            {"block_heads", 4.0},
            {"dim", 128.0},
            {"transposes", 0.0},
            {"windowed", 0.0},
            {"latency", 0.0},
            {"keys", 2000.0}};
  values["read_time"] = evaluated(formulas::kLibraryReadTime, values);
  CHECK(bench.us(library, decode, shared) ==
        Approx(1e6 * evaluated(formulas::kLibraryDecodeTime, values)));
}

}  // namespace
}  // namespace gpusize
