// The CPU device's products (cpu/) by all instructions that this CPU has, in all widths that they are compiled for,
// against fused multiply-adds one by one: to the bit.
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

using Multiply = void(int, int, int, int, const std::uint8_t*, long, long, long, const void*, long, int, long, float*,
                      const float*, long, long);
using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;

enum Encoding { BF16, INT8, INT4, FP8 };
const char* const ENCODINGS[] = {"bfloat16", "int8", "int4", "fp8"};
const char* const INSTRUCTIONS[] = {"AVX-512 BF16", "AVX-512 VBMI", "AVX-512", "AVX2", "NEON"};
constexpr int WORDS = 0;  // the instructions that take operands in bfloat16

std::mt19937 generator(7);
int failures = 0;
long checks = 0;

float normal() { return std::normal_distribution<float>()(generator); }

std::uint32_t bits(float value) {
  std::uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return word;
}

float widened(std::uint32_t bf16) {
  const std::uint32_t word = bf16 << 16;
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

std::uint32_t bf16() { return bits(normal()) >> 16; }

void append(Bytes& to, const void* from, size_t bytes) {
  const auto* at = static_cast<const std::uint8_t*>(from);
  to.insert(to.end(), at, at + bytes);
}

// e4m3 by its definition.
float fp8(std::uint8_t code) {
  const int exponent = code >> 3 & 15, mantissa = code & 7;
  const double magnitude = exponent ? std::ldexp(8 + mantissa, exponent - 10) : std::ldexp(mantissa, -9);
  return static_cast<float>(code & 128 ? -magnitude : magnitude);
}

// A panel of random weights, as the library reads it and as plain numbers.
struct Panel {
  const int width, rows;
  const Encoding encoding;
  const long columns, group;
  const int scaleBytes;
  const bool words;
  Bytes bytes;
  Floats numbers, scales;  // [columns, rows], [groups, rows]

  Panel(Encoding encoding, int width, long columns, long group, int scaleBytes, bool words)
      : width(width), rows(2 * width), encoding(encoding), columns(columns), group(group), scaleBytes(scaleBytes),
        words(words), numbers(columns * rows), scales((columns + group - 1) / group * rows, 1.f) {
    if (encoding == BF16) {
      words ? addPairs() : addColumns();
    } else {
      for (long from = 0; from < columns; from += group) addGroup(from);
    }
  }

  void addColumns() {
    for (long c = 0; c < columns; c++) addWords(&numbers[c * rows]);
  }

  // Row i in the lower half of a word, row i + width in the upper one.
  void addWords(float* values) {
    for (int i = 0; i < width; i++) {
      const std::uint32_t lower = bf16(), upper = bf16(), word = lower | upper << 16;
      values[i] = widened(lower);
      values[i + width] = widened(upper);
      append(bytes, &word, sizeof word);
    }
  }

  void addPairs() {
    for (long c = 0; c < columns; c += 2) {
      for (int r = 0; r < rows; r++) {
        const std::uint32_t first = bf16(), second = c + 1 < columns ? bf16() : 0, word = first << 16 | second;
        numbers[c * rows + r] = widened(first);
        if (c + 1 < columns) numbers[(c + 1) * rows + r] = widened(second);
        append(bytes, &word, sizeof word);
      }
    }
  }

  void addGroup(long from) {
    float* scale = &scales[from / group * rows];
    if (scaleBytes == 2) {
      addWords(scale);
    } else {
      for (int r = 0; r < rows; r++) append(bytes, &(scale[r] = normal()), sizeof(float));
    }
    Bytes zeros(encoding == INT4 ? width : 0);
    for (auto& zero : zeros) bytes.push_back(zero = static_cast<std::uint8_t>(generator()));
    for (long c = from; c < std::min(columns, from + group); c++) addCodes(&numbers[c * rows], zeros);
  }

  void addCodes(float* to, const Bytes& zeros) {
    for (int i = 0; i < (encoding == INT4 ? width : rows); i++) {
      std::uint8_t code = static_cast<std::uint8_t>(generator());
      if (encoding == FP8 && (code & 127) == 127) code = 0;  // no number
      bytes.push_back(code);
      if (encoding == INT4) {
        to[i] = static_cast<float>((code & 15) - (zeros[i] & 15));
        to[i + width] = static_cast<float>((code >> 4) - (zeros[i] >> 4));
      } else {
        to[i] = encoding == FP8 ? fp8(code) : static_cast<float>(static_cast<std::int8_t>(code));
      }
    }
  }

  float product(int row, const float* x) const {
    float sum = 0;
    for (long from = 0; from < columns; from += group) {
      float part = 0;
      for (long c = from; c < std::min(columns, from + group); c++) part = std::fma(numbers[c * rows + row], x[c], part);
      sum = encoding == BF16 ? part : std::fma(part, scales[from / group * rows + row], sum);
    }
    return sum;
  }

  void check(Multiply* multiply, int instructions, int lanes) const {
    const long pairs = (columns + 1) / 2;
    Floats x(lanes * columns);
    std::vector<std::uint32_t> packed(lanes * pairs);
    for (int m = 0; m < lanes; m++) {
      for (long c = 0; c < columns; c++) {
        const std::uint32_t rounded = bf16();
        x[m * columns + c] = words ? widened(rounded) : normal();
        packed[m * pairs + c / 2] |= c % 2 ? rounded : rounded << 16;
      }
    }
    Floats products(lanes * rows);
    const Bytes exact = bytes;  // so that a read beyond it is one beyond memory
    multiply(instructions, width, encoding, scaleBytes, exact.data(), static_cast<long>(exact.size()), columns, group,
             words ? static_cast<const void*>(packed.data()) : x.data(), words ? pairs : columns, lanes, rows, products.data(),
             nullptr, 0, rows);
    for (int m = 0; m < lanes; m++) {
      for (int r = 0; r < rows; r++) {
        const float wanted = product(r, &x[m * columns]), got = products[m * rows + r];
        checks++;
        if (bits(wanted) != bits(got) && ++failures <= 20) {
          std::printf("FAILED: %s of %s, %d rows, %ld columns, lane %d of %d, row %d: %a instead of %a\n",
                      INSTRUCTIONS[instructions], ENCODINGS[encoding], rows, columns, m, lanes, r, got, wanted);
        }
      }
    }
  }
};

}  // namespace

int main(int, char** arguments) {
  const std::string image = arguments[1], folder = image.substr(0, image.rfind('/') + 1);
  void* library = dlopen((folder + "libmuninn-cpu.so").c_str(), RTLD_NOW);
  if (!library) {
    std::printf("FAILED: %s\n", dlerror());
    return 1;
  }
  auto* has = reinterpret_cast<int (*)(int, int)>(dlsym(library, "muninnCpuHas"));
  auto* multiply = reinterpret_cast<Multiply*>(dlsym(library, "muninnCpuProducts"));
  std::string tested;
  for (int instructions = 0; instructions < static_cast<int>(std::size(INSTRUCTIONS)); instructions++) {
    for (int width : {4, 8, 16}) {
      if (!has(instructions, width)) continue;
      tested += std::string(tested.empty() ? "" : ", ") + INSTRUCTIONS[instructions] + " in " + std::to_string(width);
      for (int encoding = BF16; encoding <= FP8; encoding++) {
        for (long columns : {1L, 17L, 96L, 299L}) {
          for (long group : {8L, 32L, 128L, columns}) {
            if (encoding == BF16 && group != columns) continue;
            const int scaleBytes = group == columns ? 4 : 2;
            const Panel panel(static_cast<Encoding>(encoding), width, columns, group, scaleBytes, instructions == WORDS);
            for (int lanes : {1, 2, 3, 5, 11, 16, 29}) panel.check(multiply, instructions, lanes);
          }
        }
      }
    }
  }
  std::printf("products: %ld checks by %s, %d failures\n", checks, tested.c_str(), failures);
  return failures != 0;
}
