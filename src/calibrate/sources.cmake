target_sources(gpusize PRIVATE
  calibrate/calibrate.cpp
  calibrate/disaggregated.cpp
  calibrate/fit_engine.cpp
  calibrate/fit_rates.cpp
  calibrate/kernel_clock.cpp
  calibrate/kernel_work.cpp
  calibrate/least_squares.cpp
  calibrate/metrics.cpp
  calibrate/notes.cpp
  calibrate/overlay_engine.cpp
  calibrate/overlay_rates.cpp
  calibrate/overlay_text.cpp
  calibrate/predict.cpp
  calibrate/predict_kernel.cpp
  calibrate/rate_groups.cpp
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
