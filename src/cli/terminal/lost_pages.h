// Model files are mapped into memory: the message for the case that one is cut short while it is in use.
#pragma once

namespace residual::cli {

/// From now on the signal SIGBUS, which reading such a file's lost pages raises, ends the program with a message and the exit
/// code of ErrorKind::kBadFile.
void explain_lost_pages();

}  // namespace residual::cli
