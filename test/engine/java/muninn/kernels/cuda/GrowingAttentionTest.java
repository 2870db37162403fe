package muninn.kernels.cuda;

import static muninn.kernels.cuda.AttentionFixture.PARAMETERS;
import static muninn.kernels.cuda.AttentionFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Attention in a recorded stage whose sequences grow by a position each time. */
@Tag("gpu")
class GrowingAttentionTest {
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aRecordedStageFollowsItsSequencesAsTheyGrow(DType dtype) {
    int positions = 140;
    float[][] wanted;
    float[][] found;
    try (CpuDevice cpu = new CpuDevice(1);
        CudaDevice cuda = TestDevice.open(dtype)) {
      wanted = growing(cpu, positions);
      found = growing(cuda, positions);
    }
    // bfloat16 weights, keys and values add up to a few units of 2^-8
    for (int i = 0; i < wanted.length; i++) {
      if (dtype == DType.F32 && i / 3 < 128) {
        assertThat(found[i]).as("position %d, lane %d", i / 3, i % 3).isEqualTo(wanted[i]);
      } else {
        double tolerance = dtype == DType.F32 ? 2e-6 : 3e-2;
        for (int j = 0; j < wanted[i].length; j++) {
          assertThat((double) found[i][j])
              .as("position %d, lane %d, element %d", i / 3, i % 3, j)
              .isCloseTo(wanted[i][j], within(tolerance));
        }
      }
    }
  }

  /** What each of three sequences attends to at each position, one position a stage. */
  private static float[][] growing(Device device, int positions) {
    int width = 16;
    int d = 2 * width;
    int tokens = 50;
    Random random = new Random(9);
    try (Arena arena = Arena.ofShared()) {
      float[] turns = new float[positions * width];
      for (int i = 0; i < turns.length; i += 2) {
        int position = i / width;
        double angle = position * Math.pow(100, -(i % width) / (double) width);
        turns[i] = (float) Math.cos(angle);
        turns[i + 1] = (float) Math.sin(angle);
      }
      Weights embedding =
          device.weights(DType.F32, tokens, d, normal(arena, random, tokens * d, 1));
      Weights weights =
          device.weights(DType.F32, 3 * d, d, normal(arena, random, 3 * d * d, Math.sqrt(d)));
      Buffer rope = device.table(DType.F32, positions, width, segment(arena, turns));
      Buffer bias = device.buffer(2, d);
      KvSlot slot = new KvSlot(0, 1);
      int chunks = KvCache.chunks(positions);
      KvCache cache = device.kvCache(3 * chunks, 2, width);
      Sequences sequences = device.sequences(3, positions, 1);
      for (int sequence = 0; sequence < 3; sequence++) {
        sequences.open(sequence, PARAMETERS);
      }
      for (int page = 0; page < 3 * chunks; page++) {
        sequences.map(page % 3, 0, page / 3, page);
      }
      Sampled sampled = device.sampled(3);
      Lanes lanes = device.lanes(3);
      Buffer x = device.buffer(3, d);
      Buffer h = device.operand(3, d);
      Buffer q = device.operand(3, d);
      Buffer out = device.operand(3, d);
      Routine recorded =
          Ops.prepare(
              device,
              new Op.Embed(embedding, 1, sampled, sequences, x),
              new Op.Move(x, h),
              Ops.product(
                  h, weights, new Op.Epilogue.Heads(bias, null, rope, sequences, cache, slot, q)),
              new Op.Attend(q, sequences, cache, slot, out));
      float[][] rows = new float[3 * positions][];
      for (int position = 0; position < positions; position++) {
        lanes.clear();
        for (int m = 0; m < 3; m++) {
          lanes.add(m, m, position, 0, random.nextInt(tokens));
        }
        recorded.run(lanes);
        for (int m = 0; m < 3; m++) {
          rows[3 * position + m] = device.read(out, m);
        }
      }
      return rows;
    }
  }

  private static MemorySegment normal(Arena arena, Random random, int n, double divisor) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (random.nextGaussian() / divisor);
    }
    return segment(arena, values);
  }
}
