// Model files are mapped into memory: reports a file that is truncated while it is in use.
#pragma once

namespace residual::cli {

/// Installs a handler for SIGBUS, which reading the lost pages of such a file raises: it ends the program with a message and the
/// exit code of ErrorKind::kBadFile.
void explain_lost_pages();

}  // namespace residual::cli
