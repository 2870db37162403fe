package muninn.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import muninn.kernels.Ceilings;

/**
 * How fast this machine's cores read memory, and multiply and add in registers, all of them
 * together. Both are vector loops that do nothing else.
 */
final class CpuCeilings implements Ceilings {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int WIDTH = FLOATS.length();
  private static final int CHAINS = 8; // hide the latency of loads and of multiply-adds

  // A part of the reading is large enough that handing it out costs nothing beside it.
  private static final long PART_BYTES = 4L << 20;

  private static final int PARTS_PER_THREAD = 4;
  private static final int PART_STEPS = 1 << 17;

  private final Workers workers;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final int parts;

  // Results go somewhere, so that the loops are not found useless.
  private final LongAdder sink = new LongAdder();

  CpuCeilings(Workers workers, long readBytes) {
    this.workers = workers;
    parts = Math.toIntExact(Math.ceilDiv(readBytes, PART_BYTES));
    memory = arena.allocate(parts * PART_BYTES, 64);
    workers.run(parts, part -> memory.asSlice(part * PART_BYTES, PART_BYTES).fill((byte) 1));
  }

  @Override
  public List<Load> loads() {
    int multiplying = workers.count() * PARTS_PER_THREAD;
    long flop = 2L * CHAINS * WIDTH * PART_STEPS * multiplying;
    return List.of(
        new Load("read", Limit.READ, parts * PART_BYTES, () -> workers.run(parts, this::read)),
        new Load(
            "multiply-add, float32",
            Limit.MULTIPLY,
            flop,
            () -> workers.run(multiplying, this::multiply)));
  }

  private void read(int part) {
    MemorySegment from = memory.asSlice(part * PART_BYTES, PART_BYTES);
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    long step = 4L * FLOATS.vectorByteSize();
    for (long at = 0; at < PART_BYTES; at += step) {
      a = a.add(load(from, at, 0));
      b = b.add(load(from, at, 1));
      c = c.add(load(from, at, 2));
      d = d.add(load(from, at, 3));
    }
    keep(a.add(b).add(c.add(d)));
  }

  private static FloatVector load(MemorySegment from, long at, int vector) {
    long offset = at + (long) vector * FLOATS.vectorByteSize();
    return FloatVector.fromMemorySegment(FLOATS, from, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private void multiply(int part) {
    FloatVector factor = FloatVector.broadcast(FLOATS, 0.999f);
    FloatVector term = FloatVector.broadcast(FLOATS, 0.001f * (part + 1));
    FloatVector a = term;
    FloatVector b = term;
    FloatVector c = term;
    FloatVector d = term;
    FloatVector e = term;
    FloatVector f = term;
    FloatVector g = term;
    FloatVector h = term;
    for (int i = 0; i < PART_STEPS; i++) {
      a = a.fma(factor, term);
      b = b.fma(factor, term);
      c = c.fma(factor, term);
      d = d.fma(factor, term);
      e = e.fma(factor, term);
      f = f.fma(factor, term);
      g = g.fma(factor, term);
      h = h.fma(factor, term);
    }
    keep(a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))));
  }

  private void keep(FloatVector result) {
    sink.add(Float.floatToRawIntBits(result.lane(0)));
  }

  @Override
  public void close() {
    arena.close();
  }
}
