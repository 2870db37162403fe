package muninn.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What numbers become when they are coded, and what a coded row takes. */
class CodedRowsTest {
  private final Random random = new Random(3);

  @Test
  void aRowIsItsCodesScalesAndZeroPointsInWholeSectorsOf32Bytes() {
    assertThat(WeightFormats.INT8.rowBytes(1024)).isEqualTo(1024 + 8 * 2 + 16);
    assertThat(WeightFormats.INT8.rowBytes(200)).isEqualTo(256); // codes up to 224, two scales
    assertThat(WeightFormats.FP8.rowBytes(1024)).isEqualTo(1024 + 4 + 28);
    assertThat(WeightFormats.INT4.rowBytes(1024)).isEqualTo(512 + 32 * 2 + 16 + 16);
    assertThat(new Coded(Encoding.INT4, 64).rowBytes(1024)).isEqualTo(512 + 16 * 2 + 8 + 24);
    assertThat(WeightFormats.INT4.bytes(3, 96)).isEqualTo(3 * 96);
  }

  @Test
  void aFormatIsNamedByItsLabel() {
    for (Format format : WeightFormats.ALL) {
      assertThat(WeightFormats.named(format.label())).contains(format);
    }
    assertThat(WeightFormats.named("bf16")).contains(Format.BF16);
    assertThat(WeightFormats.named("int3")).isEmpty();
    assertThat(WeightFormats.INT4.label()).isEqualTo("int4");
    assertThat(new Coded(Encoding.INT4, 128).label()).isEqualTo("int4-g128");
    assertThat(new Coded(Encoding.INT8, Coded.ROW).label()).isEqualTo("int8-row");
  }

  @Test
  void everyCodeOfFp8IsTheNearestToItsOwnNumberAndToThoseAround() {
    for (int code = 0; code < 256; code++) {
      if (!Fp8.isNumber(code)) {
        continue;
      }
      assertThat(Fp8.code(Fp8.number(code)) & 0xFF).isEqualTo(code);
    }
    assertThat(Fp8.number(0x7E)).isEqualTo(448);
    assertThat(Fp8.number(0x01)).isEqualTo(0x1p-9f);
    assertThat(Fp8.number(0x7F)).isNaN();
    for (int i = 0; i < 10_000; i++) {
      float x = (float) Math.scalb(random.nextGaussian(), random.nextInt(-12, 9));
      float nearest = Fp8.number(0);
      for (int code = 0; code < 256; code++) {
        if (Math.abs(Fp8.number(code) - x) < Math.abs(nearest - x)) {
          nearest = Fp8.number(code);
        }
      }
      assertThat(Math.abs(Fp8.number(Fp8.code(x)) - x)).isEqualTo(Math.abs(nearest - x));
    }
    assertThat(Fp8.number(Fp8.code(1e9f))).isEqualTo(448);
    assertThat(Fp8.number(Fp8.code(17))).isEqualTo(16); // of 16 and 18 the even one
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 96, 100, 129, 513})
  void anErrorIsAtMostHalfAStep(int columns) {
    float[] numbers = gaussian(columns);
    CodedRows int8 = code(WeightFormats.INT8, numbers);
    for (int i = 0; i < columns; i++) {
      // The scale is rounded to bfloat16, so that the largest may be a quarter beyond 127 of it.
      assertThat(int8.value(0, i)).isCloseTo(numbers[i], within(0.501f * int8.scale(0, i / 128)));
    }
    CodedRows fp8 = code(WeightFormats.FP8, numbers);
    for (int i = 0; i < columns; i++) {
      float least = fp8.scale(0, 0) * 0x1p-10f;
      assertThat(fp8.value(0, i))
          .isCloseTo(numbers[i], within(Math.max(least, Math.abs(numbers[i]) / 16)));
    }
  }

  @Test
  void fourBitsAreChosenByTheLeastSumOfSquaredErrors() {
    double chosen = 0;
    double byTheMaximum = 0;
    for (int t = 0; t < 200; t++) {
      float[] numbers = gaussian(64);
      CodedRows rows = code(new Coded(Encoding.INT4, 64), numbers);
      float low = 0;
      float high = 0;
      for (float number : numbers) {
        low = Math.min(low, number);
        high = Math.max(high, number);
      }
      float scale = (high - low) / 15;
      int zero = Math.round(-low / scale);
      for (int i = 0; i < 64; i++) {
        float plain = (Math.clamp(Math.round(numbers[i] / scale) + zero, 0, 15) - zero) * scale;
        byTheMaximum += Math.pow(plain - numbers[i], 2);
        chosen += Math.pow(rows.value(0, i) - numbers[i], 2);
      }
    }
    assertThat(chosen).isLessThan(0.97 * byTheMaximum);
  }

  @Test
  void zerosStayZerosInEveryFormat() {
    for (Coded format : new Coded[] {WeightFormats.INT8, WeightFormats.INT4, WeightFormats.FP8}) {
      float[] numbers = new float[200];
      numbers[150] = 1; // a group beside one of zeros alone
      CodedRows rows = code(format, numbers);
      for (int i = 0; i < numbers.length; i++) {
        assertThat(rows.value(0, i)).isCloseTo(numbers[i], within(0.05f));
        if (numbers[i] == 0) {
          assertThat(rows.value(0, i)).isZero();
        }
      }
    }
  }

  @Test
  void numbersOfOneSignAndOfAnySizeAreCoded() {
    for (Coded format : new Coded[] {WeightFormats.INT8, WeightFormats.INT4, WeightFormats.FP8}) {
      for (float size : new float[] {1e-30f, 1e-5f, 1, 1e8f}) {
        for (int sign : new int[] {-1, 1}) {
          float[] numbers = new float[64];
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = sign * size * (1 + i / 64f);
          }
          CodedRows rows = code(format, numbers);
          for (int i = 0; i < numbers.length; i++) {
            assertThat(rows.value(0, i)).isCloseTo(numbers[i], within(0.1f * size));
          }
        }
      }
    }
  }

  private static CodedRows code(Coded format, float[] numbers) {
    MemorySegment data = Arena.ofAuto().allocate(4L * numbers.length, 4);
    MemorySegment.copy(numbers, 0, data, ValueLayout.JAVA_FLOAT, 0, numbers.length);
    MemorySegment rows = Arena.ofAuto().allocate(format.rowBytes(numbers.length), 16);
    Stored.of(DType.F32, 1, numbers.length, data)
        .towards(format)
        .pieces()
        .getFirst()
        .read(0, numbers.length, rows);
    return new CodedRows(format, numbers.length, rows);
  }

  private float[] gaussian(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian() * 0.02f;
    }
    return numbers;
  }
}
