// Whether generated code can be executed here.
#pragma once

namespace residual::cpu {

/// Whether the system lets this process make memory executable that it has written, as oneDNN's code generator does. Services
/// with MemoryDenyWriteExecute and SELinux without execmem do not.
bool may_execute_generated_code();

}  // namespace residual::cpu
