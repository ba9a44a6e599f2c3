// Owns precompiled headers; see flags.cmake.
