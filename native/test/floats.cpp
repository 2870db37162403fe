// The narrow types against a plain reference: every value of a type is decoded by its definition, and rounding is
// looking for the nearest of them, the even one where two are as near.
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <simt/floats.h>

namespace {

int failures = 0;
long checks = 0;

void check(bool ok, const char* what, double x, unsigned got, unsigned wanted) {
  checks++;
  if (ok || ++failures > 20) return;
  std::printf("FAILED: %s of %a: %#x instead of %#x\n", what, x, got, wanted);
}

struct Type {
  const char* name;
  int bits, mantissa, bias;
  bool infinity;     // the largest exponent holds infinity and NaN; else only its last value is NaN
  bool saturate;
  unsigned nan;
  std::function<unsigned(float)> round;
  std::function<float(unsigned)> value;
};

// sign · 1.m · 2^(e - bias), or 0.m · 2^(1 - bias)
double define(const Type& t, unsigned bits) {
  const int exponent = static_cast<int>(bits >> t.mantissa);
  const double m = bits & ((1u << t.mantissa) - 1), scale = std::ldexp(1.0, -t.mantissa);
  return exponent ? std::ldexp(1 + m * scale, exponent - t.bias) : std::ldexp(m * scale, 1 - t.bias);
}

void test(const Type& t) {
  const unsigned signBit = 1u << (t.bits - 1);
  const unsigned top = (signBit - 1) >> t.mantissa << t.mantissa;   // exponent all ones
  const unsigned largest = t.infinity ? top - 1 : signBit - 2;
  for (unsigned b = 0; b <= largest; b++) {
    check(t.value(b) == define(t, b), t.name, b, b, b);
    check(t.value(b | signBit) == -define(t, b) && std::signbit(t.value(b | signBit)), t.name, b, b, b);
    check(t.round(t.value(b)) == b, t.name, t.value(b), t.round(t.value(b)), b);
  }

  // The reference: binary search for the neighbours below and above.
  const auto reference = [&](float x) -> unsigned {
    if (std::isnan(x)) return t.nan;
    const unsigned sign = std::signbit(x) ? signBit : 0;
    const double magnitude = std::fabs(static_cast<double>(x));
    unsigned low = 0, high = largest + 1;  // beyond the largest number lies the next step of the same width
    while (high - low > 1) {
      const unsigned middle = (low + high) / 2;
      (define(t, middle) <= magnitude ? low : high) = middle;
    }
    const double below = magnitude - define(t, low), above = define(t, high) - magnitude;
    unsigned nearest = below < above || (below == above && low % 2 == 0) ? low : high;
    if (nearest > largest || std::isinf(x)) nearest = t.saturate ? largest : t.infinity ? top : t.nan & ~signBit;
    return sign | nearest;
  };
  const auto compare = [&](float x) {
    const unsigned got = t.round(x), wanted = reference(x);
    check(got == wanted, t.name, x, got, wanted);
  };
  std::mt19937 random(1);
  for (int i = 0; i < 2000000; i++) compare(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  // Every tie, and what lies beside it.
  for (unsigned b = 0; b <= largest; b++) {
    const double tie = (define(t, b) + define(t, b + 1)) / 2;
    const auto x = static_cast<float>(tie);
    for (const float v : {x, std::nextafterf(x, 0), std::nextafterf(x, INFINITY)}) {
      compare(v);
      compare(-v);
    }
  }
  for (const float x : {0.0f, INFINITY, NAN, 1e-45f, 3.4e38f, 65519.996f, 65520.0f, 464.0f, 464.1f, 1e-40f}) {
    compare(x);
    compare(-x);
  }
}

}  // namespace

int main() {
  test({"bfloat16", 16, 7, 127, true, false, 0x7fff, simt::toBf16, [](unsigned b) { return simt::fromBf16(b); }});
  test({"float16", 16, 10, 15, true, false, 0x7fff, simt::toHalf, [](unsigned b) { return simt::fromHalf(b); }});
  for (const bool saturate : {false, true}) {
    test({"e4m3", 8, 3, 7, false, saturate, 0x7f, [=](float x) { return simt::toE4m3(x, saturate); },
          [](unsigned b) { return simt::fromE4m3(b); }});
    test({"e5m2", 8, 2, 15, true, saturate, 0x7f, [=](float x) { return simt::toE5m2(x, saturate); },
          [](unsigned b) { return simt::fromE5m2(b); }});
  }
  // Infinities and NaN of all 2^16.
  for (unsigned b = 0; b < 65536; b++) {
    const float bf = simt::fromBf16(b), half = simt::fromHalf(b);
    check(std::isnan(bf) == ((b & 0x7fff) > 0x7f80) && std::isinf(bf) == ((b & 0x7fff) == 0x7f80), "bfloat16 class", b, b, b);
    check(std::isnan(half) == ((b & 0x7fff) > 0x7c00) && std::isinf(half) == ((b & 0x7fff) == 0x7c00), "float16 class", b, b, b);
  }
  std::printf("floats: %ld checks, %d failed\n", checks, failures);
  return failures != 0;
}
