package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Stored;
import muninn.kernels.Weights;
import org.junit.jupiter.api.Test;

/** The same twins with plain loops, and these beside vectors, to the bit. */
final class PlainKernelsTest extends CpuKernelsTest {
  @Override
  ColdStart cold() {
    return ColdStart.lasting();
  }

  @Test
  void plainLoopsAndVectorsAgreeToTheBit() {
    for (int seed = 0; seed < 40; seed++) {
      try (CpuDevice vectors = new CpuDevice(2, ColdStart.none());
          CpuDevice plain = new CpuDevice(2, ColdStart.lasting())) {
        assertThat(outputs(plain, seed)).as("seed %d", seed).isEqualTo(outputs(vectors, seed));
      }
    }
  }

  /** What a block's operations make of random numbers in a random shape. */
  private static float[][] outputs(CpuDevice device, int seed) {
    Random random = new Random(seed);
    int kvHeads = 1 + random.nextInt(3);
    int heads = kvHeads * (1 + random.nextInt(6));
    int width = 2 * (1 + random.nextInt(24));
    int d = 1 + random.nextInt(150);
    int ffn = 1 + random.nextInt(80);
    int positions = 1 + random.nextInt(50);
    DType dtype = DType.values()[random.nextInt(DType.values().length)];
    Format format = CpuKernelsTest.formats().toList().get(seed % 4);
    KvCache cache = device.kvCache(format, 4, kvHeads, width);
    Sequences sequences = device.sequences(1, 64, 1);
    sequences.open(0, new SequenceParameters(0, 1f, 0f, 0, 1f, 0f, 1f, -1));
    Lanes lanes = device.lanes(positions);
    for (int p = 0; p < positions; p++) {
      if (p % KvCache.PAGE == 0) {
        sequences.map(0, 0, p / KvCache.PAGE, p / KvCache.PAGE);
      }
      lanes.add(p, 0, p, 0, 0);
    }
    Weights in = weights(device, dtype, (heads + 2 * kvHeads) * width, d, random);
    Weights mlp = weights(device, dtype, 2 * ffn, d, random);
    CpuBuffer x = buffer(positions, d, random);
    CpuBuffer rope = buffer(64, width, random);
    CpuBuffer q = CpuBuffer.of(positions, heads * width);
    CpuBuffer attended = CpuBuffer.of(positions, heads * width);
    CpuBuffer gated = CpuBuffer.of(positions, ffn);
    KvSlot slot = new KvSlot(0, 0);

    CpuBuffer normed = CpuBuffer.of(positions, d);
    CpuBuffer joined = CpuBuffer.of(positions, d);
    CpuBuffer ofQueries = buffer(1, heads * width, random);
    CpuBuffer ofKeys = buffer(1, kvHeads * width, random);
    Op.HeadNorms norms = seed % 2 == 0 ? null : new Op.HeadNorms(ofQueries, ofKeys, 1e-5f);
    CpuBuffer bias = norms == null ? buffer(2, heads * width, random) : null;

    Ops.norm(device, lanes, x, buffer(1, d, random), 1e-6f, normed);
    Ops.run(device, lanes, new Op.Norm(normed, buffer(1, d, random), 1e-6f, x, joined));
    Ops.run(
        device,
        lanes,
        Ops.product(
            joined, in, new Op.Epilogue.Heads(bias, norms, rope, sequences, cache, slot, q)));
    Ops.attention(device, lanes, q, sequences, cache, slot, attended);
    Ops.swiglu(device, lanes, x, mlp, gated);
    return new float[][] {normed.data(), joined.data(), q.data(), attended.data(), gated.data()};
  }

  private static Weights weights(
      CpuDevice device, DType dtype, int rows, int columns, Random random) {
    byte[] bytes = new byte[rows * columns * dtype.bytes()];
    random.nextBytes(bytes);
    for (int i = dtype.bytes() - 1; i < bytes.length; i += dtype.bytes()) {
      bytes[i] = (byte) (bytes[i] & 0x83 | 0x38); // sizes about one
    }
    return device.weights(Stored.of(dtype, rows, columns, MemorySegment.ofArray(bytes)));
  }

  private static CpuBuffer buffer(int rows, int columns, Random random) {
    CpuBuffer buffer = CpuBuffer.of(rows, columns);
    for (int i = 0; i < buffer.data().length; i++) {
      buffer.data()[i] = (float) random.nextGaussian();
    }
    return buffer;
  }
}
