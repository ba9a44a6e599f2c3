#include "gpusize/core/date.hpp"

#include "support/catch.hpp"

using namespace gpusize;

TEST_CASE("only calendar dates are ISO dates") {
  CHECK(is_iso_date("2026-11-24"));
  CHECK(is_iso_date("2024-02-29"));
  CHECK(is_iso_date("2000-02-29"));
  CHECK_FALSE(is_iso_date("2026-02-29"));
  CHECK_FALSE(is_iso_date("1900-02-29"));
  CHECK_FALSE(is_iso_date("2026-13-01"));
  CHECK_FALSE(is_iso_date("2026-00-10"));
  CHECK_FALSE(is_iso_date("2026-11-31"));
  CHECK_FALSE(is_iso_date("2026-1-2"));
  CHECK_FALSE(is_iso_date("2026-11-+1"));
  CHECK_FALSE(is_iso_date("2026/11/24"));
  CHECK_FALSE(is_iso_date(""));
}

TEST_CASE("months before keep the day or the month's last one") {
  CHECK(months_before("2026-11-24", 18) == "2025-05-24");
  CHECK(months_before("2026-03-31", 1) == "2026-02-28");
  CHECK(months_before("2024-03-31", 1) == "2024-02-29");
  CHECK(months_before("2026-01-15", 12) == "2025-01-15");
  CHECK(months_before("2026-01-15", 1) == "2025-12-15");
}

TEST_CASE("whole months between dates") {
  CHECK(months_between("2025-05-24", "2026-11-24") == 18);
  CHECK(months_between("2025-05-25", "2026-11-24") == 17);
  CHECK(months_between("2026-11-24", "2026-11-24") == 0);
  CHECK(months_between("2026-11-24", "2026-10-25") == 0);
  CHECK(months_between("2026-11-24", "2026-10-24") == -1);
}
