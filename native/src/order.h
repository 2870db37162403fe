// When enqueued work runs. At once, as a rule. Late: not before somebody waits for it, and then only what that needs, so
// that a program which reads results, reuses pinned memory, or hands on to another stream, without having waited, gets
// what a busy GPU would give it. Racing: late, but all other streams are as far ahead as their waits for events allow, so
// that what one of them overwrites too early is overwritten. MUNINN_EMULATED_ORDER says which.
#pragma once

#include "stream.h"

namespace muninn {

enum class Order { atOnce, late, racing };

bool runsLate();

// Runs an operation of a stream, or keeps it for later.
CUresult perform(Stream& stream, Operation operation);

// Runs what was kept: all, or until a stream or an event has nothing more to wait for.
CUresult catchUp();
CUresult catchUp(Stream& stream);
CUresult catchUp(const Event& event);

// Whether the event's last recording has run, or there is none.
bool happened(const Event& event);

// Drops what was kept, with its context.
void forget();

}  // namespace muninn
