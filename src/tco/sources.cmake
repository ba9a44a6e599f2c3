target_sources(gpusize PRIVATE
  tco/analysis.cpp
  tco/api_price.cpp
  tco/cost.cpp
  tco/currency.cpp
  tco/depreciation.cpp
  tco/engine.cpp
  tco/engine_builder.cpp
  tco/finance.cpp
  tco/model.cpp
  tco/money.cpp
  tco/price_book.cpp
  tco/read_model.cpp
  tco/resolve.cpp
  tco/result.cpp
  tco/simulation.cpp
  tco/slice.cpp
  tco/vgpu_licence.cpp)
