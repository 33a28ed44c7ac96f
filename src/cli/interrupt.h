// Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.
#pragma once

namespace residual::cli {

/// From now on SIGINT and SIGTERM are noted; another one after that ends the program with exit code 130.
void catch_interrupts();

/// Whether one has been noted.
bool interrupted() noexcept;

/// Throws Error (kInterrupted) when one has been noted.
void stop_if_interrupted();

}  // namespace residual::cli
