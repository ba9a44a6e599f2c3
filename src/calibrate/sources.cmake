target_sources(gpusize PRIVATE
  calibrate/disaggregated.cpp
  calibrate/metrics.cpp
  calibrate/notes.cpp
  calibrate/predict.cpp
  calibrate/resolve.cpp
  calibrate/resolve_layout.cpp
  calibrate/resolve_weights.cpp
  calibrate/run_point.cpp
  calibrate/statistics.cpp
  calibrate/steps.cpp
  calibrate/training_model.cpp
  calibrate/training_row.cpp
  calibrate/validate.cpp)
target_include_directories(gpusize PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
