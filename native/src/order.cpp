#include "order.h"

#include <cstdlib>
#include <deque>
#include <string_view>

#include "context.h"

namespace muninn {

namespace {

struct Kept {
  Stream* stream;
  Operation operation;
};
std::deque<Kept> kept;

template <class Done>
CUresult runUntil(Done done) {
  while (!kept.empty() && !done()) {
    const Kept next = std::move(kept.front());
    kept.pop_front();
    next.stream->kept--;
    if (const CUresult r = fail(next.operation.run())) return r;
  }
  return CUDA_SUCCESS;
}

}  // namespace

bool runsLate() {
  static const bool late = [] {
    const char* order = std::getenv("MUNINN_EMULATED_ORDER");
    return order && std::string_view(order) == "late";
  }();
  return late;
}

CUresult perform(Stream& stream, Operation operation) {
  if (!runsLate()) return fail(operation.run());
  stream.kept++;
  kept.push_back({&stream, std::move(operation)});
  return CUDA_SUCCESS;
}

CUresult catchUp() {
  return runUntil([] { return false; });
}

CUresult catchUp(const Stream& stream) {
  return runUntil([&] { return stream.kept == 0; });
}

CUresult catchUp(const Event& event) {
  return runUntil([&] { return event.kept == 0; });
}

void forget() {
  for (Kept& k : kept) k.stream->kept--;
  kept.clear();
}

}  // namespace muninn
