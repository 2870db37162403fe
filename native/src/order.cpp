#include "order.h"

#include <string>

#include "context.h"
#include "settings.h"

namespace muninn {

namespace {

Order& order() {
  static Order order = [] {
    const std::string said = setting("MUNINN_EMULATED_ORDER");
    if (said == "late") return Order::late;
    if (said == "racing") return Order::racing;
    return Order::atOnce;
  }();
  return order;
}

bool isHeldUp(const Stream& stream) {
  const auto& mark = stream.kept.front().awaited;
  return mark && !mark->passed;
}

CUresult runNext(Stream& stream) {
  const Operation next = std::move(stream.kept.front());
  stream.kept.pop_front();
  return fail(next.run());
}

// All other streams go as far as they may.
CUresult runOthers(const Stream& stream) {
  for (bool any = true; any;) {
    any = false;
    for (Stream* other : allStreams()) {
      while (other != &stream && other->owner == stream.owner && !other->kept.empty() && !isHeldUp(*other)) {
        if (const CUresult r = runNext(*other)) return r;
        any = true;
      }
    }
  }
  return CUDA_SUCCESS;
}

CUresult runUntil(Stream& stream, const std::function<bool()>& done) {
  while (!done() && !stream.kept.empty()) {
    if (order() == Order::racing) {
      if (const CUresult r = runOthers(stream)) return r;
    }
    const auto mark = stream.kept.front().awaited;
    const CUresult r = isHeldUp(stream) ? runUntil(*mark->stream, [&] { return mark->passed; }) : runNext(stream);
    if (r) return r;
  }
  return CUDA_SUCCESS;
}

}  // namespace

bool runsLate() { return order() != Order::atOnce; }

CUresult perform(Stream& stream, Operation operation) {
  if (!runsLate()) return fail(operation.run());
  if (&stream == streamOf(nullptr)) {
    // The legacy stream and the others wait for one another, as far as we are concerned.
    if (const CUresult r = catchUp()) return r;
    return fail(operation.run());
  }
  stream.kept.push_back(std::move(operation));
  return CUDA_SUCCESS;
}

CUresult catchUp() {
  for (Stream* stream : allStreams()) {
    if (const CUresult r = catchUp(*stream)) return r;
  }
  return CUDA_SUCCESS;
}

CUresult catchUp(Stream& stream) {
  return runUntil(stream, [] { return false; });
}

CUresult catchUp(const Event& event) {
  const auto mark = event.last;
  return mark ? runUntil(*mark->stream, [&] { return mark->passed; }) : CUDA_SUCCESS;
}

bool happened(const Event& event) { return !event.last || event.last->passed; }

void forget() {
  for (Stream* stream : allStreams()) stream->kept.clear();
}

}  // namespace muninn

// From now on: 0 at once, 1 late, 2 racing; what was kept runs first.
EXPORT void muninnEmulatedOrder(int order) {
  std::lock_guard guard(muninn::driverLock);
  muninn::catchUp();
  muninn::order() = static_cast<muninn::Order>(order);
}
