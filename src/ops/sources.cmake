target_sources(gpusize PRIVATE
  ops/attention_block_sparse.cpp
  ops/attention_compressed.cpp
  ops/attention_gated_delta.cpp
  ops/attention_gqa.cpp
  ops/attention_lightning.cpp
  ops/attention_mla.cpp
  ops/attention_sparse_mla.cpp
  ops/attention_table.cpp
  ops/ffn.cpp
  ops/formulas.cpp
  ops/graph.cpp
  ops/kv_cache.cpp
  ops/moe.cpp
  ops/tensors.cpp
  ops/vision.cpp
  ops/weight_plan.cpp
  ops/weight_sums.cpp)
