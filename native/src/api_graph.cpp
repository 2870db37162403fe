// Graphs: instantiation, launch, and changing the parameters of what was recorded.
#include <algorithm>
#include <set>

#include "context.h"
#include "stream.h"

namespace muninn {

namespace {
std::set<Graph*> graphs;
std::set<GraphExec*> execs;

std::shared_ptr<GraphNode> find(CUgraphNode node) {
  for (const Graph* g : graphs) {
    for (const auto& n : g->nodes) {
      if (n.get() == node) return n;
    }
  }
  return nullptr;
}
}  // namespace

void adopt(Graph* graph) { graphs.insert(graph); }

void endGraphs() {
  for (Graph* g : graphs) delete g;
  for (GraphExec* e : execs) delete e;
  graphs.clear();
  execs.clear();
}

CUresult applyKernelParams(Launch& launch, const CUDA_KERNEL_NODE_PARAMS& p) {
  Launch changed = launch;
  if (p.func) changed.function = p.func;
  changed.grid = {p.gridDimX, p.gridDimY, p.gridDimZ};
  changed.block = {p.blockDimX, p.blockDimY, p.blockDimZ};
  changed.dynamicShared = p.sharedMemBytes;
  if (const CUresult r = changed.setParameters(p.kernelParams, p.extra)) return r;
  if (const CUresult r = changed.check()) return r;
  launch = std::move(changed);
  return CUDA_SUCCESS;
}

}  // namespace muninn

using namespace muninn;

EXPORT CUresult cuGraphDestroy(CUgraph graph) {
  DRIVER_CALL;
  REQUIRE(graphs.erase(graph), CUDA_ERROR_INVALID_VALUE);
  delete graph;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, std::size_t* count) {
  DRIVER_CALL;
  REQUIRE(graphs.count(graph) && count, CUDA_ERROR_INVALID_VALUE);
  if (nodes) {
    for (std::size_t i = 0; i < *count; i++) nodes[i] = i < graph->nodes.size() ? graph->nodes[i].get() : nullptr;
    *count = std::min(*count, graph->nodes.size());
  } else {
    *count = graph->nodes.size();
  }
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphNodeGetType(CUgraphNode node, int* type) {
  DRIVER_CALL;
  const auto found = find(node);
  REQUIRE(found && type, CUDA_ERROR_INVALID_VALUE);
  *type = found->operation.type;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS* out) {
  DRIVER_CALL;
  const auto found = find(node);
  REQUIRE(found && out && found->operation.type == kernelNode, CUDA_ERROR_INVALID_VALUE);
  Launch& l = found->operation.launch;
  found->pointers.clear();
  for (unsigned i = 0; i < l.function->kernel->count; i++) {
    found->pointers.push_back(l.parameters.data() + l.function->kernel->parameters[i].offset);
  }
  *out = {l.function, l.grid.x,        l.grid.y,                l.grid.z, l.block.x, l.block.y,
          l.block.z,  l.dynamicShared, found->pointers.data(), nullptr,  nullptr,   currentContext()};
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* out, CUgraph graph, unsigned long long) {
  DRIVER_CALL;
  REQUIRE(out && graphs.count(graph), CUDA_ERROR_INVALID_VALUE);
  auto* exec = new GraphExec{graph->nodes, {}};
  for (const auto& node : graph->nodes) exec->operations.push_back(node->operation);
  execs.insert(exec);
  *out = exec;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphInstantiate_v2(CUgraphExec* out, CUgraph graph, CUgraphNode*, char*, std::size_t) {
  return cuGraphInstantiateWithFlags(out, graph, 0);
}

EXPORT CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  DRIVER_CALL;
  REQUIRE(execs.count(exec), CUDA_ERROR_INVALID_VALUE);
  REQUIRE(streamOf(stream), CUDA_ERROR_INVALID_HANDLE);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  DRIVER_CALL;
  if (const CUresult r = countLaunch()) return r;
  REQUIRE(execs.count(exec), CUDA_ERROR_INVALID_VALUE);
  // A launch recorded in another graph is a child with the operations of now.
  return enqueue(stream, {graphNode, {}, [operations = exec->operations] {
                            for (const Operation& operation : operations) {
                              if (const CUresult r = operation.run()) return r;
                            }
                            return CUDA_SUCCESS;
                          }});
}

EXPORT CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS* p) {
  DRIVER_CALL;
  REQUIRE(execs.count(exec) && p, CUDA_ERROR_INVALID_VALUE);
  const auto& origins = exec->origins;
  const auto it = std::find_if(origins.begin(), origins.end(), [&](const auto& n) { return n.get() == node; });
  REQUIRE(it != origins.end(), CUDA_ERROR_INVALID_VALUE);
  Operation& operation = exec->operations[it - origins.begin()];
  REQUIRE(operation.type == kernelNode, CUDA_ERROR_INVALID_VALUE);
  return applyKernelParams(operation.launch, *p);
}

EXPORT CUresult cuGraphExecUpdate_v2(CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo* info) {
  DRIVER_CALL;
  REQUIRE(execs.count(exec) && graphs.count(graph) && info, CUDA_ERROR_INVALID_VALUE);
  const auto failed = [&](int why, CUgraphNode node) {
    *info = {why, node, nullptr};
    return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
  };
  *info = {CU_GRAPH_EXEC_UPDATE_SUCCESS, nullptr, nullptr};
  if (exec->operations.size() != graph->nodes.size()) return failed(CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED, nullptr);
  for (std::size_t i = 0; i < graph->nodes.size(); i++) {
    if (exec->operations[i].type != graph->nodes[i]->operation.type) {
      return failed(CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED, graph->nodes[i].get());
    }
  }
  for (std::size_t i = 0; i < graph->nodes.size(); i++) exec->operations[i] = graph->nodes[i]->operation;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGraphExecDestroy(CUgraphExec exec) {
  DRIVER_CALL;
  REQUIRE(execs.erase(exec), CUDA_ERROR_INVALID_VALUE);
  delete exec;
  return CUDA_SUCCESS;
}
