// Which names the shared library exports.
#pragma once

/// Stands in every public class and function: the library is compiled with hidden names, and these alone are visible outside of
/// it.
#define RESIDUAL_API __attribute__((visibility("default")))
