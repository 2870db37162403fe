package muninn.kernels.cpu;

import static muninn.kernels.cpu.CpuLibrary.Instructions.AVX2;
import static muninn.kernels.cpu.CpuLibrary.Instructions.AVX512;
import static muninn.kernels.cpu.CpuLibrary.Instructions.NEON;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attention by all instructions that the library has and this CPU too, beside Java's vectors and
 * plain loops: to the bit the same, in every format of keys and values.
 */
class CompiledAttentionTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("muninn.native", "../../native/target"));

  private static final int SLOTS = 3;
  private static final int POSITIONS = 70;

  private final CpuDevice java = device(ColdStart.none(), Optional.empty());
  private final List<CpuDevice> others =
      new ArrayList<>(List.of(device(ColdStart.lasting(), Optional.empty())));

  CompiledAttentionTest() {
    for (CpuLibrary.Instructions some : List.of(AVX512, AVX2, NEON)) { // the others are AVX-512
      CpuLibrary.open(FOLDER, some)
          .ifPresent(library -> others.add(device(ColdStart.none(), Optional.of(library))));
    }
  }

  private static CpuDevice device(ColdStart cold, Optional<CpuLibrary> library) {
    CpuOptions options = new CpuOptions(2, DType.F32, Optional.empty(), Optional.empty());
    return new CpuDevice(options, cold, library);
  }

  @AfterEach
  void close() {
    java.close();
    others.forEach(CpuDevice::close);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void allInstructionsAttendToTheBitAsJavaDoes(int format) {
    for (int seed = 0; seed < 12; seed++) {
      Case some = new Case(KvCache.FORMATS.get(format), seed);
      float[] wanted = some.on(java, some.lanes);
      for (CpuDevice device : others) {
        assertThat(some.on(device, some.lanes))
            .as("%s on %s", some, device.name())
            .isEqualTo(wanted);
      }
    }
  }

  @Test
  void aLaneIsTheSameToTheBitAloneAndAmongItsNeighbours() {
    for (CpuDevice device : others) {
      for (int seed = 0; seed < 3; seed++) {
        Case some = new Case(Format.BF16, seed);
        float[] together = some.on(device, some.lanes);
        int m = some.random.nextInt(some.lanes.size());
        float[] alone = some.on(device, some.lanes.subList(m, m + 1));
        assertThat(alone)
            .isEqualTo(Arrays.copyOfRange(together, m * some.columns(), (m + 1) * some.columns()));
      }
    }
  }

  @Test
  void keysAndValuesAreKeptToTheBitAsJavaKeepsThem() {
    Random random = new Random(5);
    for (int i = 0; i < 30; i++) {
      int kvHeads = 1 + random.nextInt(3);
      int heads = kvHeads * (1 + random.nextInt(2));
      int width = 2 * (1 + random.nextInt(40));
      boolean bias = random.nextBoolean();
      long seed = random.nextLong();
      float[][] wanted = kept(java, new Random(seed), heads, kvHeads, width, bias);
      for (CpuDevice device : others) {
        float[][] found = kept(device, new Random(seed), heads, kvHeads, width, bias);
        assertThat(found).as("%d of %d on %s", heads, width, device.name()).isEqualTo(wanted);
      }
    }
  }

  /** Queries, keys and values that products of random numbers leave. */
  private static float[][] kept(
      CpuDevice device, Random random, int heads, int kvHeads, int width, boolean biased) {
    int d = 1 + random.nextInt(20);
    int n = 1 + random.nextInt(20);
    KvCache cache = device.kvCache(Format.BF16, 2, kvHeads, width);
    Sequences sequences = device.sequences(1, 2 * KvCache.PAGE, 1);
    sequences.open(0, new SequenceParameters(0, 1f, 0f, 0, 1f, 0f, 1f, -1));
    sequences.map(0, 0, 0, 0);
    sequences.map(0, 0, 1, 1);
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, 0);
    }
    CpuBuffer weights = table(random, (heads + 2 * kvHeads) * width, d);
    Weights in =
        device.weights(
            Stored.of(DType.F32, weights.rows(), d, MemorySegment.ofArray(weights.data())),
            Format.F32);
    CpuBuffer x = table(random, n, d);
    CpuBuffer rope = table(random, 2 * KvCache.PAGE, width);
    CpuBuffer bias = biased ? table(random, 1, (heads + kvHeads) * width) : null;
    if (n > 1) {
      x.data()[d] = Float.NaN; // of the second lane
    }
    CpuBuffer q = CpuBuffer.of(n, heads * width);
    Op.Epilogue into =
        new Op.Epilogue.Heads(bias, null, rope, sequences, cache, new KvSlot(0, 0), q);
    Ops.run(device, lanes, Ops.product(x, in, into));
    List<float[]> all = new ArrayList<>(List.of(q.data()));
    CpuKvCache stored = CpuKvCache.of(cache);
    for (int p = 0; p < KvCache.chunks(n); p++) {
      for (int head = 0; head < kvHeads; head++) {
        float[] keys = new float[width * KvCache.PAGE];
        float[] values = new float[KvElements.pitch(width) * KvCache.PAGE];
        stored.elements.readKeys(stored.page(p), head, keys);
        stored.elements.readValues(stored.page(p), head, values);
        all.add(keys);
        all.add(values);
      }
    }
    return all.toArray(float[][]::new);
  }

  private static CpuBuffer table(Random random, int rows, int columns) {
    CpuBuffer table = CpuBuffer.of(rows, columns);
    for (int i = 0; i < table.data().length; i++) {
      table.data()[i] = (float) random.nextGaussian();
    }
    return table;
  }

  @Test
  void whatIsNotANumberStaysSo() {
    for (CpuDevice device : others) {
      Case some = new Case(Format.F32, 3);
      some.queries[some.columns() + 1] = Float.NaN; // of the second lane's first head
      float[] attended = some.on(device, some.lanes);
      assertThat(attended[some.columns()]).isNaN();
      assertThat(attended[0]).isFinite();
      assertThat(some.on(java, some.lanes)).isEqualTo(attended);
    }
  }

  /** A lane's place: positions below it have keys and values, some of them not in all slots. */
  private record Lane(int sequence, int position, int group) {}

  /** Two sequences of random depths, and lanes of them that look at what is there. */
  private static final class Case {
    final Format format;
    final Random random;
    final int sharing;
    final int kvHeads;
    final int width;
    final int[][] depths = new int[2][POSITIONS];
    final float[] keys; // of a position in a slot, and values behind them
    final float[] queries;
    final List<Lane> lanes = new ArrayList<>();

    Case(Format format, int seed) {
      this.format = format;
      random = new Random(seed);
      sharing = seed % 3 == 0 ? 1 + random.nextInt(14) : 1;
      kvHeads = 1 + random.nextInt(2);
      width = 2 * (1 + random.nextInt(70));
      boolean ragged = random.nextInt(3) == 0;
      for (int[] of : depths) {
        for (int p = 0; p < POSITIONS; p++) {
          of[p] = ragged && random.nextInt(8) == 0 ? random.nextInt(SLOTS) : SLOTS - 1;
        }
      }
      keys = numbers(2 * SLOTS * POSITIONS * 2 * kvHeads * width);
      for (int s = 0; s < 2; s++) {
        int group = random.nextInt(SLOTS);
        int count = random.nextInt(30);
        for (int p = random.nextInt(POSITIONS - count); count > 0 && p < POSITIONS; p++, count--) {
          lanes.add(new Lane(s, p, group));
        }
      }
      lanes.add(new Lane(0, POSITIONS - 1, 0));
      lanes.add(new Lane(0, 0, 1));
      queries = numbers(lanes.size() * columns());
    }

    int columns() {
      return sharing * kvHeads * width;
    }

    private float[] numbers(int n) {
      float[] numbers = new float[n];
      for (int i = 0; i < n; i++) {
        numbers[i] = 2 * (float) random.nextGaussian();
      }
      return numbers;
    }

    /** What some lanes see. */
    float[] on(CpuDevice device, List<Lane> some) {
      int chunks = KvCache.chunks(POSITIONS);
      KvCache cache = device.kvCache(format, 2 * SLOTS * chunks, kvHeads, width);
      Sequences sequences = device.sequences(2, POSITIONS, SLOTS);
      for (int s = 0; s < 2; s++) {
        sequences.open(s, new SequenceParameters(0, 1f, 0f, 0, 1f, 0f, 1f, -1));
        for (int slot = 0; slot < SLOTS; slot++) {
          for (int chunk = 0; chunk < chunks; chunk++) {
            sequences.map(s, slot, chunk, (s * SLOTS + slot) * chunks + chunk);
          }
        }
        for (int p = 0; p < POSITIONS; p++) {
          sequences.restore(s, p, new int[1], depths[s][p]);
          for (int slot = 0; slot <= depths[s][p]; slot++) {
            keep(CpuKvCache.of(cache), s, slot, p);
          }
        }
      }
      Lanes table = device.lanes(some.size());
      CpuBuffer q = CpuBuffer.of(some.size(), columns());
      for (int m = 0; m < some.size(); m++) {
        Lane lane = some.get(m);
        table.add(m, lane.sequence, lane.position, lane.group, 0);
        int from = lanes.indexOf(lane) * columns();
        System.arraycopy(queries, from, q.data(), m * columns(), columns());
      }
      CpuBuffer out = CpuBuffer.of(some.size(), columns());
      Ops.attention(device, table, q, sequences, cache, new KvSlot(0, 1), out);
      return out.data();
    }

    private void keep(CpuKvCache cache, int sequence, int slot, int position) {
      int chunk = position / KvCache.PAGE;
      int page = (sequence * SLOTS + slot) * KvCache.chunks(POSITIONS) + chunk;
      int at = ((sequence * SLOTS + slot) * POSITIONS + position) * 2 * kvHeads * width;
      for (int head = 0; head < kvHeads; head++) {
        int from = at + head * width;
        cache.elements.putKey(cache.page(page), head, position, keys, from);
        cache.elements.putValue(cache.page(page), head, position, keys, from + kvHeads * width);
      }
    }

    @Override
    public String toString() {
      return String.format(
          "%s, %d heads of %d, shared by %d, %d lanes",
          format.label(), kvHeads, width, sharing, lanes.size());
    }
  }
}
