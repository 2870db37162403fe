// Streams, events and graphs. Operations run in the order in which they are enqueued (order.h), unless their stream is
// being captured: then they become nodes of a graph. A graph's nodes run in the order in which they were recorded, which
// is an order that any graph's dependencies allow.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "driver.h"
#include "launch.h"

namespace muninn {

enum NodeType { kernelNode = 0, memcpyNode = 1, memsetNode = 2, hostNode = 3, graphNode = 4, emptyNode = 5, waitNode = 6, recordNode = 7 };

// One operation: a kernel launch, or anything else that knows how to run.
struct Operation {
  NodeType type;
  Launch launch;
  std::function<CUresult()> action;

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
  unsigned kept = 0;  // operations that have still to run (order.h)
  std::shared_ptr<Graph> capture;  // null when not capturing
};

struct Event {
  explicit Event(unsigned flags) : flags(flags) {}

  unsigned flags;
  bool recorded = false;
  unsigned kept = 0;  // recordings that have still to run
  std::chrono::steady_clock::time_point time;
  std::weak_ptr<Graph> captured;  // the capture it was last recorded in
};

// The stream behind a handle; the null, legacy and per-thread ones are one. Null for a handle that is none.
Stream* streamOf(CUstream handle);

// Runs the operation or records it.
CUresult enqueue(CUstream stream, Operation operation);

// A call that would wait for, or disturb, a capture: invalidates it and answers an error. `stream` null: any.
CUresult refuseWhileCapturing(Stream* stream);

// All streams, events and graphs end with their context.
void endStreams();
void endGraphs();

void adopt(Graph* graph);

}  // namespace muninn
