package muninn.kernels.cuda;

import static muninn.kernels.cuda.AttentionFixture.PARAMETERS;
import static muninn.kernels.cuda.AttentionFixture.SLOT;
import static muninn.kernels.cuda.AttentionFixture.segment;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.Lanes;
import muninn.kernels.Ops;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.kernels.cpu.CpuDevice;
import muninn.kernels.cuda.Appended.Asking;

/**
 * Attention on the CPU, which appends what a product with the identity, no bias and no rotation
 * leaves as it is.
 */
final class CpuAttention {
  private CpuAttention() {}

  /** What each lane attends to, over keys and values kept in this format. */
  static float[][] attend(Format kept, Appended appended, List<Asking> lanes) {
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
      return asked(device, appended, lanes, arena, sequences, cache);
    }
  }

  private static float[][] asked(
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
}
