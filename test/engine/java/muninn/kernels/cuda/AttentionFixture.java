package muninn.kernels.cuda;

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
import muninn.kernels.ByteCode;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Op;
import muninn.kernels.SequenceParameters;
import muninn.kernels.cuda.Appended.Asking;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Keys and values that positions appended, and attention over them on a CUDA device, whose pages
 * are written from the host, in any order. What no position appended is never written, so the
 * emulated device would tell who reads it.
 */
abstract class AttentionFixture {
  static final SequenceParameters PARAMETERS = new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1);

  /** Slot 1 + 2 · group, so that group and slot are not the same. */
  static final KvSlot SLOT = new KvSlot(1, 2);

  final Random random = new Random(5);

  static Stream<Arguments> formats() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype ->
                Stream.of(new Format.Plain(dtype), KvCache.FP8, KvCache.INT8)
                    .map(kept -> Arguments.of(dtype, kept)));
  }

  // What is attended to

  Appended appended(
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

  Asking asking(DType dtype, Appended appended, int position, int group) {
    return new Asking(position, group, random(dtype, appended.queries()));
  }

  /** Normal numbers that the type holds exactly. */
  float[] random(DType dtype, int n) {
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

  // The device, whose pages are written from the host

  float[][] onTheDevice(
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

  static MemorySegment segment(Arena arena, float[] values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
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
