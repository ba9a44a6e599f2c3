#include "row.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace gpusize::probe {
namespace {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string whole(std::int64_t value) { return value == 0 ? "" : std::to_string(value); }

}  // namespace

Table::Table(std::ostream& out, Machine machine) : out_(out), machine_(std::move(machine)) {
  out_ << "gpu,op,dtype,variant,m,n,k,batch,q_heads,kv_heads,head_dim,q_len,kv_len,experts,us,"
          "tflops,gbps,"
          "kernel,gpus,us_first,spread_pct,sm_mhz,driver,cuda,date\n";
}

void Table::add(const Row& row) {
  out_ << machine_.gpu << ',' << row.op << ',' << row.dtype << ',' << row.variant;
  for (const std::int64_t value : {row.m, row.n, row.k, row.batch, row.q_heads, row.kv_heads,
                                   row.head_dim, row.q_len, row.kv_len, row.experts}) {
    out_ << ',' << whole(value);
  }
  const double us = row.timing.us;
  out_ << ',' << fixed(us, 3) << ',' << fixed(row.flop / us * 1e-6, 2) << ','
       << fixed(row.bytes / us * 1e-3, 1) << ',' << row.kernel << ',' << row.gpus << ','
       << (row.us_first > 0 ? fixed(row.us_first, 3) : "") << ',' << fixed(row.timing.spread_pct, 1)
       << ',' << whole(row.timing.sm_mhz) << ',' << machine_.driver << ',' << machine_.cuda << ','
       << machine_.date << '\n'
       << std::flush;  // what was measured stays, should a later operator fail
  ++rows_;
}

}  // namespace gpusize::probe
