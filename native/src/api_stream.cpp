// Streams, events and capture.
#include "stream.h"

#include <algorithm>
#include <memory>
#include <set>

#include "context.h"
#include "order.h"
#include "report.h"

namespace muninn {

namespace {
Stream defaultStream;
std::set<Stream*> streams;
std::set<Event*> events;
}  // namespace

Stream* streamOf(CUstream handle) {
  if (reinterpret_cast<std::uintptr_t>(handle) <= 2) return &defaultStream;
  return streams.count(handle) ? handle : nullptr;
}

std::vector<Stream*> allStreams() { return {streams.begin(), streams.end()}; }

// Whether a stream of the calling thread's context is recorded: what others record is none of its business.
static bool captures(const Stream* s) { return s->capture && s->owner == currentContext(); }

CUresult refuseWhileCapturing(Stream* stream) {
  CUresult result = CUDA_SUCCESS;
  for (Stream* s : streams) {
    if (!captures(s) || (stream && s != stream)) continue;
    if (!stream && s->captureMode == CU_STREAM_CAPTURE_MODE_RELAXED) continue;
    s->invalidated = true;
    result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  return result;
}

CUresult enqueue(CUstream handle, Operation operation) {
  Stream* stream = streamOf(handle);
  REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  if (stream == &defaultStream) {
    // The legacy stream waits for every blocking one, so it cannot be used while one of these is captured.
    for (Stream* s : streams) {
      if (!captures(s) || (s->flags & 1)) continue;
      s->invalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
  }
  if (stream->capture) {
    REQUIRE(!stream->invalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    stream->capture->nodes.push_back(std::make_shared<GraphNode>(GraphNode{std::move(operation), {}}));
    return CUDA_SUCCESS;
  }
  return perform(*stream, std::move(operation));
}

void endStreams() {
  for (Stream* s : streams) delete s;
  for (Event* e : events) delete e;
  streams.clear();
  events.clear();
}

}  // namespace muninn

using namespace muninn;

EXPORT CUresult cuStreamCreate(CUstream* out, unsigned flags) {
  DRIVER_CALL;
  REQUIRE(out && flags <= 1, CUDA_ERROR_INVALID_VALUE);
  *out = *streams.insert(new Stream(flags, currentContext())).first;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamCreateWithPriority(CUstream* out, unsigned flags, int) { return cuStreamCreate(out, flags); }

EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
  DRIVER_CALL;
  REQUIRE(streams.count(stream), CUDA_ERROR_INVALID_HANDLE);
  if (const CUresult r = catchUp(*stream)) return r;
  streams.erase(stream);
  delete stream;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamSynchronize(CUstream handle) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  if (const CUresult r = refuseWhileCapturing(stream)) return r;
  if (const CUresult r = catchUp(*stream)) return r;
  return synchronise();
}

EXPORT CUresult cuStreamQuery(CUstream handle) { return cuStreamSynchronize(handle); }

EXPORT CUresult cuStreamGetFlags(CUstream handle, unsigned* flags) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  *flags = stream->flags;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamGetCtx(CUstream handle, CUcontext* out) {
  DRIVER_CALL;
  REQUIRE(streamOf(handle), CUDA_ERROR_INVALID_HANDLE);
  *out = currentContext();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream && events.count(event), CUDA_ERROR_INVALID_HANDLE);
  if (auto graph = event->captured.lock()) {
    // Waiting for an event of a capture brings this stream into it.
    if (!stream->capture) {
      stream->capture = graph;
      stream->origin = false;
      stream->invalidated = false;
    }
    REQUIRE(stream->capture == graph, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    return CUDA_SUCCESS;
  }
  if (!event->last) return CUDA_SUCCESS;
  if (stream->capture) {
    // A graph cannot wait for what was recorded outside of it.
    stream->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  return enqueue(handle, {waitNode, {}, [] { return CUDA_SUCCESS; }, event->last});
}

EXPORT CUresult cuLaunchHostFunc(CUstream stream, void (*function)(void*), void* data) {
  DRIVER_CALL;
  REQUIRE(function, CUDA_ERROR_INVALID_VALUE);
  return enqueue(stream, {hostNode, {}, [=] {
                            function(data);
                            return CUDA_SUCCESS;
                          }});
}

EXPORT CUresult cuEventCreate(CUevent* out, unsigned flags) {
  DRIVER_CALL;
  REQUIRE(out && flags < 16, CUDA_ERROR_INVALID_VALUE);
  *out = *events.insert(new Event(flags)).first;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventDestroy_v2(CUevent event) {
  DRIVER_CALL;
  REQUIRE(events.count(event), CUDA_ERROR_INVALID_HANDLE);
  if (const CUresult r = catchUp(*event)) return r;
  events.erase(event);
  delete event;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventRecord(CUevent event, CUstream handle) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream && events.count(event), CUDA_ERROR_INVALID_HANDLE);
  event->captured = stream->capture;
  if (stream->capture) return CUDA_SUCCESS;
  event->last = std::make_shared<Mark>(Mark{stream});
  return enqueue(handle, {recordNode, {}, [event, mark = event->last] {
                            mark->passed = true;
                            if (!events.count(event) || event->last != mark) return CUDA_SUCCESS;  // it was recorded anew since
                            event->recorded = true;
                            event->time = std::chrono::steady_clock::now();
                            return CUDA_SUCCESS;
                          }});
}

EXPORT CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
  if (flags == 0) return cuEventRecord(event, stream);
  // External: a node of the graph that records at each launch.
  DRIVER_CALL;
  REQUIRE(streamOf(stream) && events.count(event), CUDA_ERROR_INVALID_HANDLE);
  return enqueue(stream, {recordNode, {}, [event] {
                            REQUIRE(events.count(event), CUDA_ERROR_INVALID_HANDLE);
                            event->recorded = true;
                            event->time = std::chrono::steady_clock::now();
                            return CUDA_SUCCESS;
                          }});
}

EXPORT CUresult cuEventSynchronize(CUevent event) {
  DRIVER_CALL;
  REQUIRE(events.count(event), CUDA_ERROR_INVALID_HANDLE);
  REQUIRE(event->captured.expired(), CUDA_ERROR_CAPTURED_EVENT);
  if (const CUresult r = catchUp(*event)) return r;
  return synchronise();
}

EXPORT CUresult cuEventQuery(CUevent event) { return cuEventSynchronize(event); }

EXPORT CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
  DRIVER_CALL;
  REQUIRE(milliseconds && events.count(start) && events.count(end), CUDA_ERROR_INVALID_HANDLE);
  if (!happened(*start) || !happened(*end)) return CUDA_ERROR_NOT_READY;
  // Events made for ordering only have no time.
  REQUIRE(start->recorded && end->recorded && !((start->flags | end->flags) & 2), CUDA_ERROR_INVALID_HANDLE);
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, start, end);
}

EXPORT CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  REQUIRE(stream != &defaultStream, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  REQUIRE(!stream->capture && mode >= 0 && mode <= 2, CUDA_ERROR_INVALID_VALUE);
  stream->capture = std::make_shared<Graph>();
  stream->captureMode = mode;
  stream->origin = true;
  stream->invalidated = false;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamEndCapture(CUstream handle, CUgraph* out) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  REQUIRE(stream->capture, CUDA_ERROR_INVALID_VALUE);
  REQUIRE(stream->origin, CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  const auto graph = stream->capture;
  bool invalidated = false;
  for (Stream* s : streams) {
    if (s->capture != graph) continue;
    invalidated |= s->invalidated;
    s->capture = nullptr;
    s->invalidated = false;
  }
  *out = nullptr;
  REQUIRE(!invalidated, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  *out = new Graph(*graph);
  adopt(*out);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamIsCapturing(CUstream handle, int* status) {
  DRIVER_CALL;
  Stream* stream = streamOf(handle);
  REQUIRE(stream, CUDA_ERROR_INVALID_HANDLE);
  *status = !stream->capture        ? CU_STREAM_CAPTURE_STATUS_NONE
            : stream->invalidated   ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                    : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  return CUDA_SUCCESS;
}
