package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import muninn.kernels.Buffer;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Routine;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;

/**
 * Every operation that has a product, over shapes and lanes that its tests choose, held against the
 * CPU or the definition.
 */
abstract class LinearChecks extends LinearFixture {
  void products(int rows, int columns, int... lanes) {
    // A vocabulary may be odd.
    int odd = rows - 1;
    Matrix w = matrix(rows, columns);
    Matrix v = matrix(odd, columns);
    for (int n : lanes) {
      Operand x = operand(n, columns);
      float[] add = values(Math.max(1, n) * rows);
      Buffer sum = device.buffer(Math.max(1, n), rows);
      Buffer sumTwin = cpu.buffer(Math.max(1, n), rows);
      Ops.linearAdd(device, lanes(device, n), x.there(), w.there(), table(device, rows, add), sum);
      Ops.linearAdd(cpu, lanes(cpu, n), x.here(), w.here(), table(cpu, rows, add), sumTwin);
      assertSame(columns, sum, sumTwin);

      Buffer out = device.buffer(Math.max(1, n), odd);
      Buffer outTwin = cpu.buffer(Math.max(1, n), odd);
      Ops.linear(device, lanes(device, n), x.there(), v.there(), out);
      Ops.linear(cpu, lanes(cpu, n), x.here(), v.here(), outTwin);
      assertSame(columns, out, outTwin);
    }
  }

  void gates(int ffn, int columns, int... lanes) {
    Matrix w = matrix(2 * ffn, columns);
    for (int n : lanes) {
      Operand x = operand(n, columns);
      Buffer out = device.operand(Math.max(1, n), ffn);
      Buffer twin = cpu.operand(Math.max(1, n), ffn);
      Ops.swiglu(device, lanes(device, n), x.there(), w.there(), out);
      Ops.swiglu(cpu, lanes(cpu, n), x.here(), w.here(), twin);
      assertSame(columns, out, twin);
    }
  }

  void adapters(int d, int... lanes) {
    Matrix w = matrix(d, 2 * d);
    Operand s = operand(ROWS, d);
    Operand e = operand(ROWS, d);
    for (int n : lanes) {
      Buffer x = device.buffer(Math.max(1, n), d);
      Buffer twin = cpu.buffer(Math.max(1, n), d);
      Ops.adapter(device, lanes(device, n), s.there(), e.there(), w.there(), x);
      Ops.adapter(cpu, lanes(cpu, n), s.here(), e.here(), w.here(), twin);
      assertSame(2 * d, x, twin);
    }
  }

  /** Lanes are positions of one sequence, every other one in KV group 2, else 0. */
  void heads(int heads, int headWidth, int... lanesOf) {
    int width = heads * headWidth;
    int columns = 72;
    int positions = Arrays.stream(lanesOf).max().orElseThrow();
    Matrix w = matrix(3 * width, columns);
    float[] bias = values(2 * width);
    float[] rope = values(positions * headWidth);
    KvSlot slot = new KvSlot(1, 2);
    int chunks = KvCache.chunks(positions);
    CudaKvCache cache = (CudaKvCache) device.kvCache(2 * chunks, heads, headWidth);
    Sequences sequences = device.sequences(2, positions, 6);
    sequences.open(1, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
    // Slot 1 is group 0, slot 5 group 2; their pages from the last on, in turns.
    int[][] pages = new int[2][chunks];
    for (int chunk = 0; chunk < chunks; chunk++) {
      pages[0][chunk] = 2 * (chunks - chunk) - 1;
      pages[1][chunk] = 2 * (chunks - chunk) - 2;
      sequences.map(1, 1, chunk, pages[0][chunk]);
      sequences.map(1, 5, chunk, pages[1][chunk]);
    }
    Weights embedding = matrix(1, 8).there();
    for (int n : lanesOf) {
      // Opening a position forgets how deep it has been.
      Ops.embed(
          device,
          along(n),
          embedding,
          1,
          device.sampled(1),
          sequences,
          device.buffer(positions, 8));
      Operand x = operand(n, columns);
      Lanes lanes = device.lanes(n);
      Lanes plain = cpu.lanes(n);
      for (int m = 0; m < n; m++) {
        lanes.add(m, 1, n - 1 - m, m % 2 * 2, 0);
        plain.add(m, 0, m, 0, 0);
      }
      Buffer q = device.operand(n, width);
      Buffer products = cpu.buffer(n, 3 * width);
      Ops.queryKeyValue(
          device,
          lanes,
          x.there(),
          w.there(),
          table(device, width, bias),
          table(device, headWidth, rope),
          sequences,
          cache,
          slot,
          q);
      Ops.linear(cpu, plain, x.here(), w.here(), products);
      for (int m = 0; m < n; m++) {
        int position = n - 1 - m;
        int page = pages[m % 2][position / KvCache.PAGE];
        float[] product = cpu.read(products, m);
        float[] query = device.read(q, m);
        for (int head = 0; head < heads; head++) {
          float[] kept = device.read(head(cache), page * heads + head);
          for (int i = 0; i < headWidth; i++) {
            int at = head * headWidth + i;
            float key = rotated(product, bias, rope, 1, at, position, headWidth, width);
            assertClose(query[at], rotated(product, bias, rope, 0, at, position, headWidth, width));
            int place = KvPlaces.element(position % KvCache.PAGE, i, dtype.bytes());
            assertClose(kept[place], key);
            assertClose(kept[kept.length / 2 + place], product[2 * width + at]);
          }
        }
      }
    }
  }

  /** Rows of a page's keys and values of one head. */
  private CudaBuffer head(CudaKvCache cache) {
    long bytes = CudaKvCache.pageBytes(cache.format(), 1, cache.headWidth());
    int rows = (int) (cache.memory().bytes() / bytes);
    return new CudaBuffer(cache.memory(), dtype, rows, (int) bytes / dtype.bytes());
  }

  /** Element {@code at} of a query (part 0) or key (part 1) from its definition. */
  private static float rotated(
      float[] product,
      float[] bias,
      float[] rope,
      int part,
      int at,
      int position,
      int headWidth,
      int width) {
    int even = part * width + at / 2 * 2;
    float first = product[even] + bias[even];
    float second = product[even + 1] + bias[even + 1];
    int angle = position * headWidth + at % headWidth / 2 * 2;
    return at % 2 == 0
        ? first * rope[angle] - second * rope[angle + 1]
        : second * rope[angle] + first * rope[angle + 1];
  }

  void recorded() {
    Matrix w = matrix(40, 328);
    Matrix zeros = matrix(40, 328, new float[40 * 328]);
    Operand x = operand(8, 328);
    Lanes lanes = device.lanes(8);
    Buffer out = device.buffer(8, 40);
    Op product = Ops.product(x.there(), w.there(), new Op.Epilogue.Store(out));
    Routine recorded = Ops.prepare(device, product, product);
    for (int n : new int[] {8, 8, 8, 5, 7}) {
      lanes.clear();
      for (int m = 0; m < n; m++) {
        lanes.add(m, 0, m, 0, 0);
      }
      // What the recording for 8 lanes must leave alone.
      Buffer kept = table(device, 40, values(8 * 40));
      Ops.linearAdd(device, along(8), x.there(), zeros.there(), kept, out);
      recorded.run(lanes);
      Buffer twin = cpu.buffer(8, 40);
      Ops.linear(cpu, lanes(cpu, n), x.here(), w.here(), twin);
      for (int m = 0; m < 8; m++) {
        if (m < n) {
          assertRow(out, twin, m, 328);
        } else {
          assertThat(device.read(out, m)).isEqualTo(device.read(kept, m));
        }
      }
    }
  }

  void whoComesLast() {
    Matrix w = matrix(264, 1000);
    Operand x = operand(20, 1000);
    Buffer zero = device.buffer(20, 264);
    Buffer first = device.buffer(20, 264);
    Ops.linearAdd(device, lanes(device, 20), x.there(), w.there(), zero, first);
    for (int i = 0; i < 5; i++) {
      Buffer again = device.buffer(20, 264);
      Ops.linearAdd(device, lanes(device, 20), x.there(), w.there(), zero, again);
      assertThat(device.read(again, 19)).isEqualTo(device.read(first, 19));
    }
  }
}
