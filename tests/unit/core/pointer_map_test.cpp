#include "gpusize/core/pointer_map.hpp"

#include <vector>

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("a pointer map keeps every value while it grows") {
  const std::vector<int> objects(5000);
  PointerMap<std::size_t> map;
  CHECK(map.find(objects.data()) == nullptr);
  for (std::size_t i = 0; i < objects.size(); ++i) CHECK(map.set(&objects[i], i));
  CHECK(map.size() == objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    REQUIRE(map.find(&objects[i]) != nullptr);
    CHECK(*map.find(&objects[i]) == i);
  }
  CHECK_FALSE(map.set(&objects[7], 70));
  CHECK(*map.find(&objects[7]) == 70);
  CHECK(map.size() == objects.size());
}

TEST_CASE("a pointer set says what is new") {
  const std::vector<int> objects(300);
  PointerSet set;
  for (const int& object : objects) CHECK(set.insert(&object));
  for (const int& object : objects) CHECK_FALSE(set.insert(&object));
}

}  // namespace
}  // namespace gpusize
