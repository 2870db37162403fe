package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Emulated;
import muninn.cuda.Gpu;
import muninn.kernels.Buffer;
import muninn.kernels.ByteCode;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Attention against the CPU's on the same keys and values, which stand in pages in any order; what
 * no position appended was never written, so the emulated device would tell who reads it.
 */
@Tag("gpu")
class AttentionTest {
  private static final SequenceParameters PARAMETERS =
      new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1);

  /** Slot 1 + 2 · group, so that group and slot are not the same. */
  private static final KvSlot SLOT = new KvSlot(1, 2);

  private final Random random = new Random(5);

  /** A lane to ask with: {@code query [H · D]}. */
  private record Asking(int position, int group, float[] query) {}

  /**
   * What the positions of one sequence appended.
   *
   * @param heads K, of keys and values
   * @param sharing heads of queries for each of them
   * @param deepest the last group that each position reached
   * @param keys by group and position, {@code [K · D]}
   * @param values the same
   */
  private record Appended(
      int heads, int sharing, int width, int[] deepest, float[][][] keys, float[][][] values) {
    /** H · D. */
    int queries() {
      return heads * sharing * width;
    }

    /** The same with a head of keys and values of its own for each of queries. */
    Appended repeated() {
      return new Appended(heads * sharing, 1, width, deepest, repeated(keys), repeated(values));
    }

    private float[][][] repeated(float[][][] rows) {
      float[][][] all = new float[rows.length][positions()][queries()];
      for (int group = 0; group < rows.length; group++) {
        for (int p = 0; p < positions(); p++) {
          for (int head = 0; head < heads * sharing; head++) {
            int from = head / sharing * width;
            System.arraycopy(rows[group][p], from, all[group][p], head * width, width);
          }
        }
      }
      return all;
    }

    int positions() {
      return deepest.length;
    }

    int groups() {
      return keys.length;
    }
  }

  static Stream<Arguments> shapes() {
    return Stream.concat(plainShapes(), scaledShapes());
  }

  /** Keys and values as bytes. */
  private static Stream<Arguments> scaledShapes() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(KvCache.FP8, KvCache.INT8)
                    .flatMap(
                        kept ->
                            Stream.of(
                                Arguments.of(dtype, kept, 2, 1, 8, 20),
                                Arguments.of(dtype, kept, 1, 1, 96, 1),
                                Arguments.of(dtype, kept, 2, 1, 96, 300),
                                Arguments.of(dtype, kept, 1, 1, 64, 129),
                                Arguments.of(dtype, kept, 2, 1, 80, 16),
                                Arguments.of(dtype, kept, 1, 4, 80, 131),
                                Arguments.of(dtype, kept, 2, 6, 128, 33),
                                Arguments.of(dtype, kept, 1, 1, 40, 32),
                                Arguments.of(dtype, kept, 1, 1, 256, 150))));
  }

  private static Stream<Arguments> plainShapes() {
    return plainShapesOfTypes()
        .map(
            shape -> {
              Object[] all = shape.get();
              Format kept = new Format.Plain((DType) all[0]);
              return Arguments.of(all[0], kept, all[1], all[2], all[3], all[4]);
            });
  }

  private static Stream<Arguments> plainShapesOfTypes() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(
                    Arguments.of(dtype, 2, 1, 8, 20),
                    Arguments.of(dtype, 2, 1, 16, 33),
                    Arguments.of(dtype, 3, 1, 24, 128),
                    Arguments.of(dtype, 1, 1, 32, 50),
                    Arguments.of(dtype, 2, 1, 40, 17),
                    Arguments.of(dtype, 1, 1, 64, 129),
                    Arguments.of(dtype, 2, 1, 80, 40),
                    Arguments.of(dtype, 2, 1, 96, 300),
                    Arguments.of(dtype, 1, 1, 120, 20),
                    Arguments.of(dtype, 1, 1, 128, 261),
                    Arguments.of(dtype, 2, 3, 8, 40),
                    Arguments.of(dtype, 2, 2, 16, 150),
                    Arguments.of(dtype, 1, 6, 64, 130),
                    Arguments.of(dtype, 2, 8, 24, 33),
                    Arguments.of(dtype, 1, 4, 80, 131),
                    Arguments.of(dtype, 1, 3, 96, 20),
                    Arguments.of(dtype, 2, 6, 128, 140),
                    Arguments.of(dtype, 1, 1, 136, 18),
                    Arguments.of(dtype, 2, 1, 160, 129),
                    Arguments.of(dtype, 1, 1, 256, 150),
                    Arguments.of(dtype, 1, 4, 256, 40)));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aLaneAttendsAsOnTheCpu(
      DType dtype, Format kept, int heads, int sharing, int width, int positions) {
    Appended appended = appended(dtype, heads, sharing, width, positions, p -> 0, 1);
    List<Asking> lanes = new ArrayList<>();
    // a run of lanes, as prefill has them, and lanes by themselves
    for (int p = Math.max(0, positions - 13); p < positions; p++) {
      lanes.add(asking(dtype, appended, p, 0));
    }
    for (int p : new int[] {0, 15, 16, positions / 2}) {
      lanes.add(asking(dtype, appended, Math.min(p, positions - 1), 0));
    }
    assertAsOnTheCpu(dtype, kept, appended, lanes);
  }

  static Stream<Arguments> formats() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(new Format.Plain(dtype), KvCache.FP8, KvCache.INT8)
                    .map(kept -> Arguments.of(dtype, kept)));
  }

  /** With heads whose whole pages one copy fetches, and others. */
  static Stream<Arguments> formatsAndWidths() {
    return formats()
        .flatMap(
            format -> {
              Object[] all = format.get();
              return Stream.of(24, 32).map(width -> Arguments.of(all[0], all[1], width));
            });
  }

  @ParameterizedTest
  @MethodSource("formatsAndWidths")
  void aLaneReadsTheDeepestSlotOfPositionsThatStoppedSooner(DType dtype, Format kept, int width) {
    int groups = 4;
    // pages that agree at depth 2, pages of two depths, pages of any depth
    IntUnaryOperator deepest =
        p -> p < 32 ? 2 : p < 64 ? p / 8 % 2 + 2 : p < 100 ? 3 : random.nextInt(groups);
    Appended appended = appended(dtype, 2, 2, width, 150, deepest, groups);
    List<Asking> lanes = new ArrayList<>();
    for (int p : new int[] {31, 50, 70, 99, 110, 128, 149}) {
      for (int group = 0; group <= appended.deepest()[p]; group++) {
        lanes.add(asking(dtype, appended, p, group));
      }
    }
    assertAsOnTheCpu(dtype, kept, appended, lanes);
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aLaneIsTheSameToTheBitAloneAndAmongOthersAndWhereverItsPagesLie(DType dtype, Format kept) {
    int positions = 140;
    Appended appended =
        appended(dtype, 3, 2, 32, positions, p -> p < 90 ? 1 : random.nextInt(2), 2);
    // so many that a block takes several splits; alone, each split has its own
    List<Asking> lanes = new ArrayList<>();
    for (int p = 60; p < positions; p++) {
      lanes.add(asking(dtype, appended, p, 0));
    }
    lanes.add(asking(dtype, appended, positions - 1, appended.deepest()[positions - 1]));
    float[][] together = onTheDevice(dtype, kept, appended, lanes, true);
    float[][] few = onTheDevice(dtype, kept, appended, lanes.subList(61, 71), false);
    assertThat(few).isDeepEqualTo(Arrays.copyOfRange(together, 61, 71));
    for (int m : new int[] {0, 5, 66, 67, 68, 79, 80}) {
      float[][] alone = onTheDevice(dtype, kept, appended, lanes.subList(m, m + 1), true);
      assertThat(alone[0]).isEqualTo(together[m]);
    }
  }

  /**
   * The emulated device has 8 multiprocessors: 128 blocks are many, and of 64 runs in 7 heads a
   * block takes three heads one after another, the last one of a tile one.
   */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aLongContextAmongManyShortOnesIsCutIntoRunsThatAreMergedAsItsSplitsAre(DType dtype) {
    int positions = 1100; // 9 splits: two runs of 4 and one of 1
    Appended appended = appended(dtype, 7, 1, 32, positions, p -> 0, 1);
    List<Asking> lanes = new ArrayList<>();
    for (int m = 0; m < 46; m++) {
      lanes.add(asking(dtype, appended, m == 20 ? positions - 1 : 5 * m, 0));
    }
    for (int p = 700; p < 705; p++) { // a tile of several lanes and two runs
      lanes.add(asking(dtype, appended, p, 0));
    }
    Format kept = new Format.Plain(dtype);
    float[][] together = onTheDevice(dtype, kept, appended, lanes, true);
    for (int m : new int[] {19, 20, 21, 46, 50}) {
      float[][] alone = onTheDevice(dtype, kept, appended, lanes.subList(m, m + 1), true);
      assertThat(alone[0]).as("lane %d", m).isEqualTo(together[m]);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void headsThatABlockTakesOneAfterAnotherAreAsByThemselves(DType dtype, Format kept) {
    Appended appended = appended(dtype, 7, 1, 32, 140, p -> p < 50 ? 1 : random.nextInt(2), 2);
    List<Asking> lanes = new ArrayList<>();
    for (int m = 0; m < 47; m++) {
      lanes.add(asking(dtype, appended, 3 * m, 0));
    }
    float[][] together = onTheDevice(dtype, kept, appended, lanes, true);
    for (int m : new int[] {0, 15, 42, 43, 46}) {
      float[][] alone = onTheDevice(dtype, kept, appended, lanes.subList(m, m + 1), true);
      assertThat(alone[0]).as("lane %d", m).isEqualTo(together[m]);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aTableMayHoldFewerLanesThanTheLaunchIsFor(DType dtype) {
    // 5 lanes of 8, 2 tiles of 2, 3 splits of 4
    Appended appended = appended(dtype, 1, 1, 16, 270, p -> 0, 1);
    List<Asking> lanes = new ArrayList<>();
    for (int p : new int[] {265, 266, 267, 268, 100}) {
      lanes.add(asking(dtype, appended, p, 0));
    }
    assertAsOnTheCpu(dtype, new Format.Plain(dtype), appended, lanes);
  }

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

  /** To the bit where the context is one split of float32; then bfloat16 rounds to 8 bits. */
  private void assertAsOnTheCpu(DType dtype, Format kept, Appended appended, List<Asking> lanes) {
    Format here = kept instanceof Format.Scaled ? kept : Format.F32; // numbers that both types hold
    float[][] wanted = onTheCpu(here, appended.repeated(), lanes);
    assertThat(onTheCpu(here, appended, lanes)).isDeepEqualTo(wanted);
    float[][] found = onTheDevice(dtype, kept, appended, lanes, true);
    for (int m = 0; m < wanted.length; m++) {
      if (dtype == DType.F32 && lanes.get(m).position() < 128) {
        assertThat(found[m]).as("lane %d", m).isEqualTo(wanted[m]);
        continue;
      }
      double tolerance = dtype == DType.F32 ? 2e-6 : 6e-3;
      for (int i = 0; i < wanted[m].length; i++) {
        assertThat((double) found[m][i])
            .as("lane %d, element %d", m, i)
            .isCloseTo(wanted[m][i], within(tolerance * (1 + Math.abs(wanted[m][i]))));
      }
    }
  }

  // What is attended to

  private Appended appended(
      DType dtype,
      int heads,
      int sharing,
      int width,
      int positions,
      IntUnaryOperator deepest,
      int groups) {
    float[][][] keys = new float[groups][positions][];
    float[][][] values = new float[groups][positions][];
    for (int group = 0; group < groups; group++) {
      for (int p = 0; p < positions; p++) {
        keys[group][p] = random(dtype, heads * width);
        values[group][p] = random(dtype, heads * width);
      }
    }
    int[] reached = IntStream.range(0, positions).map(deepest).toArray();
    return new Appended(heads, sharing, width, reached, keys, values);
  }

  private Asking asking(DType dtype, Appended appended, int position, int group) {
    return new Asking(position, group, random(dtype, appended.queries()));
  }

  /** Normal numbers that the type holds exactly. */
  private float[] random(DType dtype, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      float value = (float) random.nextGaussian();
      values[i] = dtype == DType.F32 ? value : Float.intBitsToFloat(bf16(value) << 16);
    }
    return values;
  }

  private static int bf16(float value) {
    return Float.floatToRawIntBits(value) >>> 16;
  }

  // The CPU, which appends what a product with the identity, no bias and no rotation leaves as it
  // is

  private static float[][] onTheCpu(Format kept, Appended appended, List<Asking> lanes) {
    int d = appended.heads() * appended.width();
    int positions = appended.positions();
    try (CpuDevice device = new CpuDevice(2);
        Arena arena = Arena.ofShared()) {
      float[] identity = new float[9 * d * d];
      for (int i = 0; i < 3 * d; i++) {
        identity[i * 3 * d + i] = 1;
      }
      Weights weights = device.weights(DType.F32, 3 * d, 3 * d, segment(arena, identity));
      Buffer bias = device.buffer(2, d);
      float[] turns = new float[positions * appended.width()];
      for (int i = 0; i < turns.length; i += 2) {
        turns[i] = 1;
      }
      Buffer rope = device.table(DType.F32, positions, appended.width(), segment(arena, turns));
      int chunks = KvCache.chunks(positions);
      KvCache cache =
          device.kvCache(kept, chunks * appended.groups(), appended.heads(), appended.width());
      Sequences sequences = device.sequences(1, positions, SLOT.of(appended.groups()));
      sequences.open(0, PARAMETERS);
      for (int page = 0; page < chunks * appended.groups(); page++) {
        sequences.map(0, SLOT.of(page / chunks), page % chunks, page);
      }
      for (int group = 0; group < appended.groups(); group++) {
        Lanes table = device.lanes(positions);
        float[] x = new float[positions * 3 * d];
        for (int p = 0; p < positions; p++) {
          if (group <= appended.deepest()[p]) {
            int at = table.size() * 3 * d;
            System.arraycopy(appended.keys()[group][p], 0, x, at + d, d);
            System.arraycopy(appended.values()[group][p], 0, x, at + 2 * d, d);
            table.add(0, 0, p, group, 0);
          }
        }
        Buffer rows = device.table(DType.F32, positions, 3 * d, segment(arena, x));
        Buffer q = device.operand(positions, d);
        Ops.queryKeyValue(device, table, rows, weights, bias, rope, sequences, cache, SLOT, q);
      }
      return attend(device, appended, lanes, arena, sequences, cache);
    }
  }

  private static float[][] attend(
      Device device,
      Appended appended,
      List<Asking> lanes,
      Arena arena,
      Sequences sequences,
      KvCache cache) {
    int d = appended.queries();
    Lanes table = device.lanes(lanes.size());
    float[] queries = new float[lanes.size() * d];
    for (Asking lane : lanes) {
      System.arraycopy(lane.query(), 0, queries, table.size() * d, d);
      table.add(0, 0, lane.position(), lane.group(), 0);
    }
    Buffer q = device.table(DType.F32, lanes.size(), d, segment(arena, queries));
    Buffer out = device.operand(lanes.size(), d);
    Ops.attention(device, table, q, sequences, cache, SLOT, out);
    return IntStream.range(0, lanes.size())
        .mapToObj(m -> device.read(out, m))
        .toArray(float[][]::new);
  }

  private static MemorySegment segment(Arena arena, float[] values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  // The device, whose pages are written from the host

  private float[][] onTheDevice(
      DType dtype, Format kept, Appended appended, List<Asking> lanes, boolean shuffled) {
    int d = appended.queries();
    int positions = appended.positions();
    Gpu gpu = Emulated.driver().gpu(0);
    try (Arena arena = Arena.ofConfined();
        Context context = gpu.open()) {
      muninn.cuda.Stream stream = context.stream();
      Staging staging = new Staging(context, stream, 4);
      InTurn.Streams streams = new InTurn.Streams(stream, context.stream());
      Kernels kernels =
          new Kernels(
              context.module("kernels.so", Emulated.image("kernels.so", arena)),
              gpu,
              stream,
              dtype == DType.F32 ? "_f32" : "_bf16");
      int chunks = KvCache.chunks(positions);
      int pages = chunks * appended.groups();
      CudaKvCache cache =
          new CudaKvCache(
              context.allocate(
                  pages * CudaKvCache.pageBytes(kept, appended.heads(), appended.width())),
              kept,
              appended.heads(),
              appended.width());
      CudaSequences sequences =
          new CudaSequences(
              context, streams, staging, kernels, 2, positions, SLOT.of(appended.groups()));
      sequences.open(1, PARAMETERS);
      List<Integer> places = new ArrayList<>(IntStream.range(0, pages).boxed().toList());
      if (shuffled) {
        Collections.shuffle(places, random);
      }
      for (int page = 0; page < pages; page++) {
        sequences.map(1, SLOT.of(page / chunks), page % chunks, places.get(page));
      }
      for (int group = 0; group < appended.groups(); group++) {
        for (int p = 0; p < positions; p++) {
          if (group <= appended.deepest()[p]) {
            int page = places.get(group * chunks + p / KvCache.PAGE);
            write(dtype, appended, group, p, page, cache, stream, arena);
          }
        }
      }
      reached(context, sequences, positions, appended.deepest(), stream, arena);

      CudaLanes table = new CudaLanes(context, streams, 128);
      CudaBuffer q = zeroed(context, stream, dtype, lanes.size(), d);
      CudaBuffer out = zeroed(context, stream, dtype, lanes.size(), d);
      for (Asking lane : lanes) {
        stream.upload(elements(dtype, lane.query(), arena), q.memory(), q.offset(table.size()));
        table.add(0, 1, lane.position(), lane.group(), 0);
      }
      table.upload();
      sequences.upload();
      Prepared attention =
          new Attention(context, stream, kernels)
              .prepare(new Op.Attend(q, sequences, cache, SLOT, out), Choices.NONE);
      attention.reserve(table.grid());
      attention.enqueue(table);
      // again, with whatever the first launch left for the merge of splits
      stream.fill(out.memory(), 0, out.memory().bytes(), (byte) 0);
      attention.enqueue(table);

      MemorySegment host = arena.allocate(out.memory().bytes(), 16);
      stream.download(out.memory(), 0, host);
      stream.synchronize();
      float[][] rows = new float[lanes.size()][d];
      for (int i = 0; i < lanes.size() * d; i++) {
        rows[i / d][i % d] = dtype.read(host, i);
      }
      return rows;
    }
  }

  private static CudaBuffer zeroed(
      Context context, muninn.cuda.Stream stream, DType dtype, int rows, int columns) {
    DeviceMemory memory = context.allocate((long) rows * columns * dtype.bytes());
    stream.fill(memory, 0, memory.bytes(), (byte) 0);
    return new CudaBuffer(memory, dtype, rows, columns);
  }

  /** A position's key and value of each head to their places in a page. */
  private static void write(
      DType dtype,
      Appended appended,
      int group,
      int position,
      int page,
      CudaKvCache cache,
      muninn.cuda.Stream stream,
      Arena arena) {
    if (cache.isScaled()) {
      writeScaled(appended, group, position, page, cache, stream, arena);
      return;
    }
    int bytes = dtype.bytes();
    for (int head = 0; head < appended.heads(); head++) {
      float[][] rows = {appended.keys()[group][position], appended.values()[group][position]};
      for (int part = 0; part < rows.length; part++) {
        float[] row =
            Arrays.copyOfRange(rows[part], head * appended.width(), (head + 1) * appended.width());
        MemorySegment elements = elements(dtype, row, arena);
        long at = KvPlaces.part(cache, page, head, part);
        for (int unit = 0; unit < elements.byteSize(); unit += 16) {
          int place = KvPlaces.element(position % KvCache.PAGE, unit / bytes, bytes);
          stream.upload(elements.asSlice(unit, 16), cache.memory(), at + (long) place * bytes);
        }
      }
    }
  }

  /** The same as bytes, and their scales. */
  private static void writeScaled(
      Appended appended,
      int group,
      int position,
      int page,
      CudaKvCache cache,
      muninn.cuda.Stream stream,
      Arena arena) {
    int width = appended.width();
    int row = position % KvCache.PAGE;
    ByteCode code = ((Format.Scaled) cache.format()).code();
    for (int head = 0; head < appended.heads(); head++) {
      float[][] rows = {appended.keys()[group][position], appended.values()[group][position]};
      for (int part = 0; part < rows.length; part++) {
        byte[] codes = new byte[width];
        float scale = code.encode(rows[part], head * width, width, codes);
        long at = KvPlaces.part(cache, page, head, part);
        for (int i = 0; i < codes.length; i++) {
          stream.upload(bytes(arena, codes[i]), cache.memory(), at + KvPlaces.element(row, i, 1));
        }
        long scales = KvPlaces.part(cache, page, head, 2) + 4L * (part * KvCache.PAGE + row);
        stream.upload(segment(arena, new float[] {scale}), cache.memory(), scales);
      }
    }
  }

  private static MemorySegment bytes(Arena arena, byte... values) {
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, values);
  }

  /** How deep each position of sequence 1 got, where the kernels look it up. */
  private static void reached(
      Context context,
      CudaSequences sequences,
      int positions,
      int[] deepest,
      muninn.cuda.Stream stream,
      Arena arena) {
    MemoryLayout layout = sequences.layout();
    MemorySegment struct = arena.allocate(layout);
    sequences.write(struct);
    long address = struct.get(ValueLayout.JAVA_LONG, 16);
    DeviceMemory memory = context.borrowMemory(address + 4L * positions, 4L * positions);
    stream.upload(arena.allocateFrom(ValueLayout.JAVA_INT, deepest), memory, 0);
  }

  private static MemorySegment elements(DType dtype, float[] values, Arena arena) {
    MemorySegment segment = arena.allocate((long) values.length * dtype.bytes(), 16);
    for (int i = 0; i < values.length; i++) {
      if (dtype == DType.F32) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
      } else {
        segment.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) bf16(values[i]));
      }
    }
    return segment;
  }
}
