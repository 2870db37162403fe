// When enqueued work runs. At once, as a rule; with MUNINN_EMULATED_ORDER=late not before somebody waits for it, so that
// a program which reads results, or reuses pinned memory, without having waited gets what a busy GPU would give it.
#pragma once

#include "stream.h"

namespace muninn {

bool runsLate();

// Runs an operation of a stream, or keeps it for later.
CUresult perform(Stream& stream, Operation operation);

// Runs what was kept, in the order in which it came: all, or until a stream or an event has nothing more to wait for.
CUresult catchUp();
CUresult catchUp(const Stream& stream);
CUresult catchUp(const Event& event);

// Drops what was kept, with its context.
void forget();

}  // namespace muninn
