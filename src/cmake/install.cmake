include(CMakePackageConfigHelpers)
set(GPUSIZE_INSTALL_DATADIR "${CMAKE_INSTALL_DATADIR}/gpusize")
set(GPUSIZE_INSTALL_CMAKEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/gpusize")

install(TARGETS gpusize EXPORT gpusize-targets FILE_SET HEADERS)
install(TARGETS gpusize_cli)
install(DIRECTORY data/ DESTINATION "${GPUSIZE_INSTALL_DATADIR}")
install(EXPORT gpusize-targets NAMESPACE gpusize:: DESTINATION "${GPUSIZE_INSTALL_CMAKEDIR}")
configure_package_config_file(src/cmake/gpusize-config.cmake.in
  "${CMAKE_CURRENT_BINARY_DIR}/gpusize-config.cmake"
  INSTALL_DESTINATION "${GPUSIZE_INSTALL_CMAKEDIR}" PATH_VARS GPUSIZE_INSTALL_DATADIR)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/gpusize-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/gpusize-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/gpusize-config-version.cmake" src/cmake/dependencies.cmake
  DESTINATION "${GPUSIZE_INSTALL_CMAKEDIR}")
