package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.AfterEach;

/**
 * A device and the CPU with the same matrices and operands in both, and how close their products
 * must be. A CUDA device is opened by each test, of the type that it is about.
 */
abstract class LinearFixture {
  /** Rows of what outlives a tick; a prime number. */
  static final int ROWS = 601;

  final Arena arena = Arena.ofShared();
  final Random random = new Random(11);
  final CpuDevice cpu = new CpuDevice(2);
  CudaDevice device;
  DType dtype;
  boolean library; // whose products are rounded before what comes after them

  void open(DType dtype) {
    this.dtype = dtype;
    device = TestDevice.open(dtype);
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
    cpu.close();
    arena.close();
  }

  // What a test is made of

  record Matrix(Weights there, Weights here) {}

  record Operand(float[] values, Buffer there, Buffer here) {
    /** The same with one row a copy of another. */
    Operand withRow(CudaDevice device, int row, int from) {
      float[] changed = values.clone();
      int columns = there.columns();
      System.arraycopy(values, from * columns, changed, row * columns, columns);
      return new Operand(
          changed, operandOf(device, ((CudaBuffer) there).dtype(), columns, changed), here);
    }
  }

  Matrix matrix(int rows, int columns) {
    return matrix(rows, columns, values(rows * columns));
  }

  Matrix matrix(int rows, int columns, float[] values) {
    return new Matrix(
        device.weights(dtype, rows, columns, segment(dtype, values)),
        cpu.weights(dtype, rows, columns, segment(dtype, values)));
  }

  Operand operand(int rows, int columns) {
    float[] values = values(Math.max(1, rows) * columns);
    return new Operand(
        values, operandOf(device, dtype, columns, values), table(cpu, columns, values));
  }

  /** An operand that holds these values, which its type can hold. */
  private static Buffer operandOf(CudaDevice device, DType dtype, int columns, float[] values) {
    int rows = values.length / columns;
    CudaWeights memory =
        CudaWeights.of(device.weights(dtype, rows, columns, segment(dtype, values)));
    return new CudaBuffer(memory.memory(), dtype, rows, columns);
  }

  static Buffer table(Device device, int columns, float[] values) {
    return device.table(DType.F32, values.length / columns, columns, segment(DType.F32, values));
  }

  /** Normal numbers that the device's type holds exactly. */
  float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
      if (dtype == DType.BF16) {
        values[i] = Float.intBitsToFloat(Float.floatToIntBits(values[i]) & 0xFFFF0000);
      }
    }
    return values;
  }

  private static MemorySegment segment(DType dtype, float[] values) {
    MemorySegment segment = Arena.ofAuto().allocate((long) values.length * dtype.bytes(), 16);
    for (int i = 0; i < values.length; i++) {
      if (dtype == DType.F32) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
      } else {
        int bits = Float.floatToIntBits(values[i]) >>> 16;
        segment.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) bits);
      }
    }
    return segment;
  }

  /** Lanes of one sequence whose rows are in no order. */
  static Lanes lanes(Device device, int n) {
    Lanes lanes = device.lanes(Math.max(1, n));
    for (int m = 0; m < n; m++) {
      lanes.add(m * 37 % ROWS, 0, m, 0, 0);
    }
    return lanes;
  }

  /** The first n positions of sequence 1, each its own row. */
  Lanes along(int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 1, m, 0, 0);
    }
    return lanes;
  }

  /** All rows are the twin's; those beyond the lanes are zero in both. */
  void assertSame(int columns, Buffer buffer, Buffer twin) {
    for (int m = 0; m < buffer.rows(); m++) {
      assertRow(buffer, twin, m, columns);
    }
  }

  /** The twin's row, to the bit in float32; columns is how many products a sum has. */
  void assertRow(Buffer buffer, Buffer twin, int row, int columns) {
    float[] actual = device.read(buffer, row);
    float[] expected = cpu.read(twin, row);
    if (dtype == DType.F32) {
      assertThat(actual).isEqualTo(expected);
      return;
    }
    // Sums in another order; an operand is rounded to 8 bits.
    boolean rounded = ((CudaBuffer) buffer).dtype() == DType.BF16;
    for (int i = 0; i < actual.length; i++) {
      double rounding = rounded ? Math.abs(expected[i]) / (library ? 32 : 128) : 0;
      double bound = 1e-5 + 1e-6 * columns + rounding;
      assertThat((double) actual[i]).isCloseTo(expected[i], within(bound));
    }
  }

  void assertClose(float actual, float expected) {
    if (dtype == DType.F32) {
      assertThat(actual).isEqualTo(expected);
    } else {
      // A rotation's two terms may cancel, their rounding not: that of numbers up to 32.
      float before = library ? 2 * 32f / 256 : 0;
      assertThat(actual).isCloseTo(expected, within(2e-4f + Math.abs(expected) / 128 + before));
    }
  }
}
