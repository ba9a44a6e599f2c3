#pragma once
// Catch2 2.13 and 3 behind one include.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;  // version 2 puts it into the global namespace too
namespace gpusize::test {
inline auto contains(const std::string& text) { return Catch::Matchers::ContainsSubstring(text); }
}  // namespace gpusize::test
#else
#include <catch2/catch.hpp>
namespace gpusize::test {
inline auto contains(const std::string& text) { return Catch::Matchers::Contains(text); }
}  // namespace gpusize::test
#endif
