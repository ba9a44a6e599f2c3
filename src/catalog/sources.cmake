target_sources(gpusize PRIVATE
  catalog/catalog.cpp
  catalog/default_price.cpp
  catalog/read_common.cpp
  catalog/read_engine.cpp
  catalog/read_gpu.cpp
  catalog/read_prices.cpp
  catalog/read_rates.cpp
  catalog/read_workload.cpp)
