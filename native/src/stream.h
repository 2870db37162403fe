// Streams, events and graphs. Operations of a stream run in the order in which they are enqueued, those of several as
// their waits for events allow (order.h), unless their stream is being captured: then they become nodes of a graph. A
// graph's nodes run in the order in which they were recorded, which is an order that any graph's dependencies allow.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "driver.h"
#include "launch.h"

namespace muninn {

enum NodeType { kernelNode = 0, memcpyNode = 1, memsetNode = 2, hostNode = 3, graphNode = 4, emptyNode = 5, waitNode = 6, recordNode = 7 };

struct Stream;

// One recording of an event. Who waits for an event waits for its last one, whatever becomes of the event.
struct Mark {
  Stream* stream;  // which stays until it has run
  bool passed = false;
};

// One operation: a kernel launch, or anything else that knows how to run.
struct Operation {
  NodeType type;
  Launch launch;
  std::function<CUresult()> action;
  std::shared_ptr<const Mark> awaited = {};  // that of another stream, before which it must not run

  // Only a kernel overlaps the kernel before it: anything else but a mark in the stream begins a new chain.
  CUresult run() const {
    if (type == kernelNode ? !launch.programmatic : type != recordNode && type != waitNode) chain++;
    return type == kernelNode ? launch.run() : action();
  }
};

struct GraphNode {
  Operation operation;
  std::vector<void*> pointers;  // what cuGraphKernelNodeGetParams shows
};

struct Graph {
  std::vector<std::shared_ptr<GraphNode>> nodes;
};

struct GraphExec {
  std::vector<std::shared_ptr<GraphNode>> origins;  // of the graph it was made from
  std::vector<Operation> operations;
};

struct DriverContext;

struct Stream {
  explicit Stream(unsigned flags = 0, const DriverContext* owner = nullptr) : flags(flags), owner(owner) {}

  unsigned flags;
  const DriverContext* owner;  // null for the default stream, which every context has
  int captureMode = 0;
  bool origin = false;       // began the capture, and must end it
  bool invalidated = false;
  std::deque<Operation> kept;  // that have still to run (order.h)
  std::shared_ptr<Graph> capture;  // null when not capturing
};

struct Event {
  explicit Event(unsigned flags) : flags(flags) {}

  unsigned flags;
  bool recorded = false;
  std::shared_ptr<Mark> last;  // recording outside of a capture; null before the first
  std::chrono::steady_clock::time_point time;
  std::weak_ptr<Graph> captured;  // the capture it was last recorded in
};

// The stream behind a handle; the null, legacy and per-thread ones are one. Null for a handle that is none.
Stream* streamOf(CUstream handle);

// All but the default one.
std::vector<Stream*> allStreams();

// Runs the operation or records it.
CUresult enqueue(CUstream stream, Operation operation);

// A call that would wait for, or disturb, a capture: invalidates it and answers an error. `stream` null: any.
CUresult refuseWhileCapturing(Stream* stream);

// All streams, events and graphs end with their context.
void endStreams();
void endGraphs();

void adopt(Graph* graph);

}  // namespace muninn
