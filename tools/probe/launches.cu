// What a launch costs: a kernel that does next to nothing, in a graph and one by one.
#include "memory.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

__global__ void tiny(float* out) {
  if (threadIdx.x == 0) *out += 1.0F;
}

}  // namespace

void measure_launches(Context& context) {
  const Buffer out(sizeof(float));
  check(cudaMemset(out.as<void>(), 0, sizeof(float)), "cudaMemset");
  const Launch launch = [&](cudaStream_t stream, std::size_t) {
    tiny<<<1, 32, 0, stream>>>(out.as<float>());
    check_launch("tiny");
  };
  launch(context.timer.stream(), 0);
  check(cudaStreamSynchronize(context.timer.stream()), "tiny");
  float got = 0;
  check(cudaMemcpy(&got, out.as<void>(), sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy");
  require(got == 1.0F, "a kernel's write did not arrive");
  Row row{.op = "tiny_kernel_in_graph", .dtype = "f32", .kernel = "own"};
  row.timing = context.timer.graph(launch, 1);
  context.table.add(row);
  row.op = "tiny_kernel_eager";
  row.timing = context.timer.eager(launch, 1);
  context.table.add(row);
  row.op = "tiny_kernel_and_wait";
  row.timing = context.timer.eager(
      [&](cudaStream_t stream, std::size_t slot) {
        launch(stream, slot);
        check(cudaStreamSynchronize(stream), "tiny");
      },
      1);
  context.table.add(row);
}

}  // namespace gpusize::probe
