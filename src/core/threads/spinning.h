// How long OpenMP's threads spin at a barrier before they sleep.
#pragma once

namespace residual {

/// Threads that wait for each other spin first, since waking a sleeping one takes long. Beside other busy programs that wastes
/// the time in which the thread that all wait for could run. To be called before every run on a team of `threads`: twice a second
/// it looks how long the calling thread has waited for a processor, and lets libgomp's threads sleep soon while that is often.
/// Does not allocate unless that changes. Does nothing where OMP_WAIT_POLICY is set.
void adapt_spinning(int threads) noexcept;

/// The same at once, after a tenth of a second of work on the team. Returns whether the threads now sleep soon, because they
/// often wait for a processor.
bool probe_processors(int threads);

}  // namespace residual
