package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Matrices made of pieces of tensors come out on every device as if they had been stored whole. */
class StoredTest {
  private final Arena arena = Arena.ofShared();
  private final Random random = new Random(11);

  @ParameterizedTest
  @CsvSource({
    "8, BF16, 0",
    "72, BF16, 0",
    "72, F32, 0",
    "72, F16, 0",
    "72, BF16, 12",
    "200, F32, 12"
  })
  void rowsOfSeveralTensorsLieOneBelowTheOther(int columns, DType dtype, int halves) {
    float[][] one = tensor(60, columns);
    float[][] other = tensor(36, columns);
    List<Stored.Piece> pieces =
        List.of(
            new Stored.Piece(dtype, bytes(dtype, one), 12, 36, halves),
            new Stored.Piece(dtype, bytes(dtype, other), 0, 24, halves),
            new Stored.Piece(dtype, bytes(dtype, one), 0, 7, 0));
    List<float[]> wanted = new ArrayList<>();
    for (int row = 0; row < 36; row++) {
      wanted.add(one[12 + turned(row, halves)]);
    }
    for (int row = 0; row < 24; row++) {
      wanted.add(other[turned(row, halves)]);
    }
    wanted.addAll(List.of(one).subList(0, 7));
    assertHolds(new Stored(wanted.size(), columns, pieces), wanted);
  }

  @Test
  void piecesMayBeOfDifferentTypes() {
    float[][] halves = tensor(40, 24);
    float[][] floats = tensor(50, 24);
    List<Stored.Piece> pieces =
        List.of(
            new Stored.Piece(DType.BF16, bytes(DType.BF16, halves), 0, 40, 0),
            new Stored.Piece(DType.F32, bytes(DType.F32, floats), 0, 50, 0));
    List<float[]> wanted = new ArrayList<>(List.of(halves));
    wanted.addAll(List.of(floats));
    assertHolds(new Stored(90, 24, pieces), wanted);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void theMemoryThatLoadingTakesIsGivenBackWhenAProgramIsPrepared(DType dtype) {
    try (CudaDevice device = TestDevice.open(dtype)) {
      Op clear = new Op.Clear(device.buffer(1, 8));
      Map<String, Integer> before = device.handles();
      MemorySegment halves = arena.allocate(128);
      device.weights(DType.F16, 8, 8, halves); // converted, so that there is scratch memory too
      device.weights(DType.F16, 8, 8, halves);
      assertThat(count(device, "PinnedMemory"))
          .isEqualTo(before.getOrDefault("PinnedMemory", 0) + 2);
      assertThat(count(device, "DeviceMemory")).isEqualTo(before.get("DeviceMemory") + 3);

      device.prepare(Program.of(Role.CORE, clear));
      assertThat(count(device, "PinnedMemory")).isEqualTo(before.getOrDefault("PinnedMemory", 0));
      assertThat(count(device, "DeviceMemory")).isEqualTo(before.get("DeviceMemory") + 2);
    }
  }

  private static int count(CudaDevice device, String kind) {
    return device.handles().getOrDefault(kind, 0);
  }

  /** As the first two elements of pairs, which are half a group apart, come side by side. */
  private static int turned(int row, int halves) {
    if (halves == 0) {
      return row;
    }
    int group = row / halves * halves;
    int pair = (row - group) / 2;
    return group + pair + (row % 2 == 0 ? 0 : halves / 2);
  }

  /** An embedding shows what a row holds. */
  private void assertHolds(Stored stored, List<float[]> wanted) {
    List<Supplier<Device>> devices =
        List.of(
            () -> new CpuDevice(2),
            () -> TestDevice.open(DType.F32),
            () -> TestDevice.open(DType.BF16));
    for (Supplier<Device> open : devices) {
      try (Device device = open.get()) {
        Buffer rows = embeddings(device, device.weights(stored));
        for (int row = 0; row < wanted.size(); row++) {
          assertThat(device.read(rows, row)).containsExactly(wanted.get(row));
        }
      }
    }
  }

  private static Buffer embeddings(Device device, Weights weights) {
    int rows = weights.rows();
    Buffer x = device.buffer(rows, weights.columns());
    Sequences sequences = device.sequences(1, rows, 1);
    sequences.open(0, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    Lanes lanes = device.lanes(rows);
    for (int row = 0; row < rows; row++) {
      lanes.add(row, 0, row, 0, row);
    }
    Ops.embed(device, lanes, weights, 1, device.sampled(rows), sequences, x);
    return x;
  }

  /** Numbers that every type holds. */
  private float[][] tensor(int rows, int columns) {
    float[][] tensor = new float[rows][columns];
    for (float[] row : tensor) {
      for (int i = 0; i < columns; i++) {
        row[i] = (random.nextInt(255) - 127) / 16f;
      }
    }
    return tensor;
  }

  private Stored.Bytes bytes(DType dtype, float[][] tensor) {
    int columns = tensor[0].length;
    MemorySegment data = arena.allocate((long) tensor.length * columns * dtype.bytes());
    for (int i = 0; i < tensor.length * columns; i++) {
      float value = tensor[i / columns][i % columns];
      switch (dtype) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        case BF16 ->
            data.set(
                ValueLayout.JAVA_SHORT, 2L * i, (short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> data.set(ValueLayout.JAVA_SHORT, 2L * i, Float.floatToFloat16(value));
      }
    }
    return (from, to) -> MemorySegment.copy(data, from, to, 0, to.byteSize());
  }
}
