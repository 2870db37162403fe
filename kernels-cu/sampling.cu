// Drawing tokens: biases, repetition, frequency and presence penalties, temperature, top-k, top-p and min-p, then the
// arg-max of score + gumbel, which follows the filtered distribution; the twin of kernels.cpu.Sampler to the bit. A block draws for one lane and reads
// its logits, 4 · V bytes that lie in L2, once for the largest, three times each for top-k and top-p, and once for the
// draw; twice for log-probabilities, four times for alternatives (seven where equal ones compete for the last place).
// At V = 65536 greedy reads 256 KiB a lane, a free draw 512 KiB, one with every filter 2 MiB.
#include "abi.cuh"
#include "philox.cuh"
#include "selection.cuh"
#include "tables.cuh"

using namespace selection;

namespace {

constexpr int THREADS = 640;  // at most: more would leave each too few registers

// What the host makes log-probabilities of; see kernels.cuda.Sampler.
struct alignas(8) Drawn {
  int token;         // -1 where one of the logits is not a number
  int alternatives;  // how many were written
  float logit;       // of the token
  float largest;     // logit of all
  uint64_t mass;     // sum of mass(logit - largest)
};

// e^score in steps of 2^-40, for scores up to 0: whole numbers have the same sum in any order. Below -28 there is not
// one step; NaN weighs nothing.
__device__ uint64_t mass(float score) {
  return score > -28.0f ? static_cast<uint64_t>(maths::exp(score) * 0x1p40f) : 0;
}

// More than any logit and id are.
constexpr uint64_t BROKEN = ~0ull;

// (largest logit, lowest id that has it), 0 where none is above -infinity or one is not a number below infinity.
__device__ uint64_t largest(Scratch& scratch, const Row& row) {
  uint64_t best = 0;
  row.each([&](int q, const float4& x) {
    for (int j = 0; j < 4; j++) {
      const unsigned key = order(at(x, j));
      if (!(at(x, j) < INFINITY) && 4 * q + j < row.vocabulary) best = BROKEN;
      // ids ascend within a thread: a later one must be larger
      if (at(x, j) == at(x, j) && key > NOTHING && key > best >> 32) {
        best = static_cast<uint64_t>(key) << 32 | ~(4u * q + j);
      }
    }
  });
  best = blockMax(scratch, best);
  return best == BROKEN ? 0 : best;
}

// The id in what `largest` and `perturbed` answer, -1 where there is none.
__device__ int token(uint64_t best) { return static_cast<int>(~static_cast<unsigned>(best)); }

// The k-th largest logit, or the smallest number where there are fewer.
__device__ Cut kthLargest(Scratch& scratch, const Row& row, int k) {
  return select(
      scratch, row, [](float x, int) { return order(x); },
      [](float x) { return static_cast<uint64_t>(x == x); },
      [=](uint64_t) { return static_cast<uint64_t>(k); });
}

// The score of a logit: the largest has 0, and the others stay apart from it however small the temperature.
struct Heat {
  float largest;
  float temperature;

  __device__ float score(float x) const {
    const float below = __fsub_rn(x, largest);
    return temperature == 1.0f ? below : __fdiv_rn(below, temperature);
  }
};

// The smallest logit of the nucleus: the fewest, most probable first, that hold this share of the probability of all
// not below `least`; equal ones stay together.
__device__ Cut nucleus(Scratch& scratch, const Row& row, Heat heat, float share, float least) {
  return select(
      scratch, row, [](float x, int) { return order(x); },
      [=](float x) { return x >= least ? mass(heat.score(x)) : 0; },
      [=](uint64_t total) {
        const uint64_t need = static_cast<uint64_t>(ceil(static_cast<double>(share) * static_cast<double>(total)));
        return need > 1 ? need : 1;
      });
}

// The arg-max of score + noise over the logits not below `least` with scores not below `leastScore`, as blockMax has it.
__device__ uint64_t perturbed(Scratch& scratch, const Row& row, Heat heat, float least, float leastScore, uint64_t seed,
                              int position, int favourite) {
  // nobody needs noise who cannot beat the favourite, whose score is 0, or whom else was seen
  if (threadIdx.x == 0) {
    const uint4 words = philox::words(seed, philox::DRAW, position, favourite / 4);
    const int j = favourite % 4;
    scratch.bound = order(philox::gumbel(j == 0 ? words.x : j == 1 ? words.y : j == 2 ? words.z : words.w));
  }
  __syncthreads();
  uint64_t best = 0;
  row.each([&](int q, const float4& x) {
    const float bound = number(*const_cast<volatile unsigned*>(&scratch.bound));
    unsigned able = 0;
    for (int j = 0; j < 4; j++) {
      const float score = heat.score(at(x, j));
      able |= (at(x, j) >= least && score >= leastScore && score + philox::LARGEST_GUMBEL >= bound) << j;
    }
    if (able == 0) return;
    const uint4 words = philox::words(seed, philox::DRAW, position, q);
    for (int j = 0; j < 4; j++) {
      const unsigned word = j == 0 ? words.x : j == 1 ? words.y : j == 2 ? words.z : words.w;
      const float score = heat.score(at(x, j));
      // -ln(-ln u) <= -ln(1 - u), and a rough logarithm can tell most of the losers
      if (able >> j & 1 && score - __logf(1.0f - philox::uniform(word)) + 1e-3f >= bound) {
        const unsigned key = order(__fadd_rn(score, philox::gumbel(word)));
        if (key > NOTHING && key > best >> 32) {
          best = static_cast<uint64_t>(key) << 32 | ~(4u * q + j);
          atomicMax(&scratch.bound, key);
        }
      }
    }
  });
  return blockMax(scratch, best);
}

// The token of a row: changed where `changed` is not null, filtered, perturbed; -1 where a logit is not a number.
__device__ int draw(Scratch& scratch, const Row& row, const Parameters& p, int position) {
  const uint64_t best = largest(scratch, row);
  const int favourite = token(best);
  if (favourite < 0 || p.temperature == 0.0f) return favourite;
  const Heat heat{number(static_cast<unsigned>(best >> 32)), p.temperature};
  float least = -INFINITY;
  if (p.topK > 0 && p.topK < row.vocabulary) least = number(kthLargest(scratch, row, p.topK).key);
  if (p.topP < 1.0f) least = number(nucleus(scratch, row, heat, p.topP, least).key);
  const float leastScore = p.minP > 0.0f ? static_cast<float>(maths::log(static_cast<double>(p.minP))) : -INFINITY;
  return token(perturbed(scratch, row, heat, least, leastScore, p.seed, position, favourite));
}

// What log-probabilities are made of, over the untouched logits: the largest, and all masses.
__device__ void distribution(Scratch& scratch, const Row& row, Drawn* drawn) {
  const float most = number(static_cast<unsigned>(largest(scratch, row) >> 32));
  uint64_t sum = 0;
  row.each([&](int, const float4& x) {
    for (int j = 0; j < 4; j++) sum += mass(__fsub_rn(at(x, j), most));
  });
  clear(scratch);
  add(scratch, threadIdx.x % 32, sum);
  __syncthreads();
  if (threadIdx.x == 0) {
    uint64_t all = 0;
    for (int lane = 0; lane < 32; lane++) all += weightOf(scratch, lane);
    drawn->largest = most;
    drawn->mass = all;
  }
  __syncthreads();
}

// Leaves the n most probable tokens, the lower id first among equals, at alternatives[first …] in any order, as
// (falling order of the logit, id), which the host sorts; the number of them.
__device__ int mostProbable(Scratch& scratch, const Row& row, int n, int first, int64_t* alternatives) {
  const Cut cut = kthLargest(scratch, row, n);
  // where not all that are equal to the last one have a place, the lowest ids have
  unsigned lastId = 0;
  if (cut.weight > cut.need) {
    lastId = select(
                 scratch, row, [](float, int id) { return ~static_cast<unsigned>(id); },
                 [=](float x) { return static_cast<uint64_t>(order(x) == cut.key); }, [=](uint64_t) { return cut.need; })
                 .key;
  }
  if (threadIdx.x == 0) scratch.count = 0;
  __syncthreads();
  row.each([&](int q, const float4& x) {
    for (int j = 0; j < 4; j++) {
      const unsigned id = 4u * q + j;
      const unsigned key = order(at(x, j));
      if (at(x, j) == at(x, j) && (key > cut.key || (key == cut.key && ~id >= lastId))) {
        const unsigned falling = ~(key ^ 0x80000000u);
        alternatives[first + atomicAdd(&scratch.count, 1)] = static_cast<int64_t>(static_cast<uint64_t>(falling) << 32 | id);
      }
    }
  });
  __syncthreads();
  return scratch.count;
}

}  // namespace

// Draws lane m's token, a block a lane.
KERNEL_BOUNDS(sampling_draw, THREADS, 1, Lanes lanes,
              const float* logits,    // [lanes, vocabulary], or by row
              int vocabulary, int byRow, Sequences sequences,
              int* sampled,           // [rows], the lane's row is written
              Drawn* drawn,           // [lanes]
              int64_t* alternatives)  // one lane's behind the other's
{
  TIMELINE;
  SHARED(Scratch, scratch);
  SHARED(unsigned[MOST_BIASES / 32], biasedSaid);
  DYNAMIC_SHARED(unsigned, changed);  // a bit a token

  gridDependencyLaunch();
  gridDependencyWait();
  const int m = blockIdx.x;
  if (m >= lanes.count()) return;
  const int sequence = lanes.sequence(m);
  const int position = lanes.position(m);
  const Parameters p = sequences.parameters[sequence];
  const Row untouched{logits + static_cast<long long>(byRow ? lanes.row(m) : m) * vocabulary, vocabulary};

  // what was said, once however often it was said
  Row row = untouched;
  const bool generated = p.presencePenalty != 0.0f || p.frequencyPenalty != 0.0f;
  const bool penalised = p.repetitionPenalty != 1.0f || generated;
  if (penalised || p.biases > 0) {
    const int* history = sequences.historyOf(sequence);
    const Bias* biases = sequences.biasesOf(sequence);
    const int first = !penalised ? position + 1 : p.repetitionPenalty != 1.0f ? 0 : p.generatedFrom;
    for (int i = threadIdx.x; i < (vocabulary + 31) / 32; i += blockDim.x) changed[i] = 0;
    for (int i = threadIdx.x; i < MOST_BIASES / 32; i += blockDim.x) biasedSaid[i] = 0;
    __syncthreads();
    for (int i = first + threadIdx.x; i <= position; i += blockDim.x) {
      atomicOr(&changed[history[i] / 32], 1u << history[i] % 32);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < p.biases; i += blockDim.x) {
      const int token = biases[i].token;
      const unsigned before = atomicOr(&changed[token / 32], 1u << token % 32);
      if (before >> token % 32 & 1) atomicOr(&biasedSaid[i / 32], 1u << i % 32);
    }
    __syncthreads();
    row.changed = changed;
    row.biases = biases;
    row.biased = p.biases;
    row.biasedSaid = biasedSaid;
    row.penalty = p.repetitionPenalty;
    row.history = history;
    row.from = p.generatedFrom;
    row.position = position;
    row.presence = p.presencePenalty;
    row.frequency = p.frequencyPenalty;
  }
  const int drew = draw(scratch, row, p, position);

  int written = -1;
  if (p.logProbs >= 0 && drew >= 0) {
    distribution(scratch, untouched, &drawn[m]);
    written = 0;
  }
  if (p.logProbs > 0 && drew >= 0) {
    // the alternatives of the lanes before lie before
    int before = 0;
    for (int i = threadIdx.x; i < m; i += blockDim.x) {
      before += min(max(sequences.parameters[lanes.sequence(i)].logProbs, 0), vocabulary);
    }
    if (threadIdx.x == 0) scratch.count = 0;
    __syncthreads();
    atomicAdd(&scratch.count, before);
    __syncthreads();
    const int first = scratch.count;
    __syncthreads();
    written = mostProbable(scratch, untouched, min(p.logProbs, vocabulary), first, alternatives);
  }
  if (threadIdx.x == 0) {
    sampled[lanes.row(m)] = max(drew, 0);  // embedded before the host sees -1
    drawn[m].token = drew;
    drawn[m].alternatives = written;
    if (written >= 0) drawn[m].logit = untouched.logits[drew];
  }
}

ABI(sampling, ABI_VALUE(THREADS), ABI_STRUCT(Drawn), ABI_FIELD(Drawn, token), ABI_FIELD(Drawn, alternatives),
    ABI_FIELD(Drawn, logit), ABI_FIELD(Drawn, largest), ABI_FIELD(Drawn, mass))
