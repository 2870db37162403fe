package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Function;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;

/** The CPU device and a CUDA device side by side, with the same values in both. */
final class Twins implements AutoCloseable {
  // What rounding to bfloat16 may add, relatively: half a unit of its 8 bits, and a little where
  // the sums before it differ.
  private static final double BF16_ERROR = 0x1.1p-8;
  private static final double F32_ERROR = 2e-6;

  final Device cpu = new CpuDevice(2);
  final Device cuda;
  final DType dtype;
  private final Random random = new Random(5);
  private final Arena arena = Arena.ofShared();

  /** One thing on either device. */
  record Pair<T>(T cpu, T cuda) {}

  /** Which of a pair an operation on one device takes. */
  enum Side {
    CPU,
    CUDA;

    <T> T of(Pair<T> pair) {
      return this == CPU ? pair.cpu() : pair.cuda();
    }
  }

  Twins(DType dtype) {
    this.dtype = dtype;
    cuda = TestDevice.open(dtype);
  }

  <T> Pair<T> on(Function<Device, T> make) {
    return new Pair<>(make.apply(cpu), make.apply(cuda));
  }

  /** Runs operations on both devices. */
  void both(BiConsumer<Device, Side> operations) {
    operations.accept(cpu, Side.CPU);
    operations.accept(cuda, Side.CUDA);
  }

  float[] values(int count, float scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = scale * (float) random.nextGaussian();
    }
    return values;
  }

  /** Float32, as a residual stream or logits are. */
  Pair<Buffer> floats(int rows, int columns, float[] values) {
    MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
    return on(device -> device.table(DType.F32, rows, columns, data));
  }

  Pair<Buffer> floats(int rows, int columns) {
    return floats(rows, columns, values(rows * columns, 1));
  }

  /** An operand of these values, rounded to the CUDA device's type on both. */
  Pair<Buffer> operand(int rows, int columns, float[] values) {
    Pair<Buffer> exact = floats(rows, columns, values);
    Buffer rounded = cuda.operand(rows, columns);
    int[] all = new int[rows];
    for (int row = 0; row < rows; row++) {
      all[row] = row;
    }
    Ops.scatter(cuda, lanes(all).cuda(), exact.cuda(), rounded);
    float[] back = new float[values.length];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(cuda.read(rounded, row), 0, back, row * columns, columns);
    }
    return new Pair<>(floats(rows, columns, back).cpu(), rounded);
  }

  Pair<Buffer> operand(int rows, int columns) {
    return operand(rows, columns, values(rows * columns, 1));
  }

  Pair<Weights> weights(DType stored, int rows, int columns) {
    MemorySegment data = arena.allocate((long) rows * columns * stored.bytes(), 16);
    for (int i = 0; i < rows * columns; i++) {
      float value = (float) random.nextGaussian();
      switch (stored) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        case BF16 ->
            data.setAtIndex(
                ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
      }
    }
    return on(device -> device.weights(stored, rows, columns, data));
  }

  /** A matrix of these values, rounded to bfloat16 on a device of that. */
  Pair<Weights> weights(int rows, int columns, float[] values) {
    if (dtype == DType.BF16) {
      for (int i = 0; i < values.length; i++) {
        values[i] = Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) & 0xFFFF0000);
      }
    }
    MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
    return on(device -> device.weights(DType.F32, rows, columns, data));
  }

  /** Lanes of sequence 0 at positions from 0 on, in these rows. */
  Pair<Lanes> lanes(int... rows) {
    return on(
        device -> {
          Lanes lanes = device.lanes(Math.max(1, rows.length));
          for (int m = 0; m < rows.length; m++) {
            lanes.add(rows[m], 0, m, 0, 0);
          }
          return lanes;
        });
  }

  Pair<Sequences> sequences(int positions, SequenceParameters... parameters) {
    return on(
        device -> {
          Sequences sequences = device.sequences(parameters.length, positions, 1);
          for (int i = 0; i < parameters.length; i++) {
            sequences.open(i, parameters[i]);
          }
          return sequences;
        });
  }

  void assertEqual(Pair<Buffer> buffers, int rows) {
    assertWithin(0, buffers, rows);
  }

  /** The same to the bit in float32, else as close as bfloat16 comes. */
  void assertTwins(Pair<Buffer> buffers, int rows) {
    assertWithin(dtype == DType.F32 ? 0 : BF16_ERROR, buffers, rows);
  }

  /** Float32 results: the same to the bit on a float32 device, else up to the order of sums. */
  void assertClose(Pair<Buffer> buffers, int rows) {
    assertWithin(dtype == DType.F32 ? 0 : F32_ERROR, buffers, rows);
  }

  private void assertWithin(double error, Pair<Buffer> buffers, int rows) {
    for (int row = 0; row < rows; row++) {
      float[] actual = cuda.read(buffers.cuda(), row);
      float[] expected = cpu.read(buffers.cpu(), row);
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < expected.length; i++) {
        if (!(Math.abs(actual[i] - expected[i]) <= error * Math.abs(expected[i]))) {
          fail("row %d, element %d: %s, not %s", row, i, actual[i], expected[i]);
        }
      }
    }
  }

  @Override
  public void close() {
    cpu.close();
    cuda.close();
    arena.close();
  }
}
