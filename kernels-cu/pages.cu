// Page tables: which page holds a chunk of 16 positions of one KV slot of one sequence.
#include "abi.cuh"
#include "cache.cuh"

// pages[index] = page for each of n mappings (index, page); moves 12 bytes each.
// pages [sequences, slots, chunks], mappings [n, 2]
KERNEL(map_pages, int* pages, const long long* mappings, int n) {
  TIMELINE;
  gridDependencyWait();
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) pages[mappings[2 * i]] = static_cast<int>(mappings[2 * i + 1]);
}

using KvPages = KvCache<float>;
using KvBytes = ScaledKv<float, codes::Int8>;
static_assert(sizeof(KvBytes) == sizeof(KvPages) && offsetof(KvBytes, width) == offsetof(KvPages, width));  // one layout
using Plain = PlainWeights<float>;
using Coded = CodedWeights<Int4Codes, float>;

ABI(tables, ABI_VALUE(TILE), ABI_VALUE(PAGE), ABI_VALUE(SPLIT), ABI_VALUE(LONG), ABI_VALUE(LANE_HEADER), ABI_VALUE(LANE_COLUMNS),
    ABI_STRUCT(Lanes), ABI_FIELD(Lanes, table), ABI_FIELD(Lanes, capacity),
    ABI_STRUCT(Parameters), ABI_FIELD(Parameters, seed), ABI_FIELD(Parameters, initScale),
    ABI_FIELD(Parameters, temperature), ABI_FIELD(Parameters, topK), ABI_FIELD(Parameters, topP),
    ABI_FIELD(Parameters, minP), ABI_FIELD(Parameters, repetitionPenalty), ABI_FIELD(Parameters, logProbs),
    ABI_FIELD(Parameters, generatedFrom), ABI_FIELD(Parameters, presencePenalty),
    ABI_FIELD(Parameters, frequencyPenalty), ABI_FIELD(Parameters, biases), ABI_FIELD(Parameters, unused),
    ABI_VALUE(MOST_BIASES), ABI_STRUCT(Bias), ABI_FIELD(Bias, token), ABI_FIELD(Bias, bias),
    ABI_STRUCT(Sequences), ABI_FIELD(Sequences, parameters), ABI_FIELD(Sequences, history),
    ABI_FIELD(Sequences, reached), ABI_FIELD(Sequences, pages), ABI_FIELD(Sequences, biases), ABI_FIELD(Sequences, positions),
    ABI_FIELD(Sequences, slots), ABI_FIELD(Sequences, chunks), ABI_FIELD(Sequences, unused),
    ABI_STRUCT(Slot), ABI_FIELD(Slot, first), ABI_FIELD(Slot, perGroup),
    ABI_STRUCT(KvPages), ABI_FIELD(KvPages, pages), ABI_FIELD(KvPages, heads), ABI_FIELD(KvPages, width),
    ABI_STRUCT(Plain), ABI_FIELD(Plain, data), ABI_FIELD(Plain, columns),
    ABI_STRUCT(Coded), ABI_FIELD(Coded, data), ABI_FIELD(Coded, columns), ABI_FIELD(Coded, rowBytes),
    ABI_FIELD(Coded, scalesAt), ABI_FIELD(Coded, zerosAt), ABI_FIELD(Coded, shift), ABI_FIELD(Coded, single),
    ABI_FIELD(Coded, oneStep), ABI_FIELD(Coded, twoSteps))
