package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Emulated;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two places in turn, where streams run at once, late, or as far ahead of one another as their
 * events allow.
 */
class InTurnTest {
  private static final int PASSES = 7;

  @ParameterizedTest
  @EnumSource
  void eachPassReadsWhatWasWrittenForIt(Emulated.Order order) {
    try (Context context = Emulated.driver().gpu(0).open();
        Emulated.Chosen _ = order.choose()) {
      Stream kernels = context.stream();
      InTurn numbers = new InTurn(context, new InTurn.Streams(kernels, context.stream()), 8);
      DeviceMemory seen = context.allocate(8L * PASSES);
      for (int pass = 0; pass < PASSES; pass++) {
        int number = pass;
        numbers.write(
            8,
            host -> {
              host.set(JAVA_INT, 0, number);
              host.set(JAVA_INT, 4, -number);
            });
        assertThat(numbers.turn()).isEqualTo(1 - pass % 2);
        // two operations of a pass
        kernels.copy(numbers.there(), 0, seen, 8L * pass, 4);
        kernels.copy(numbers.there(), 4, seen, 8L * pass + 4, 4);
      }
      assertThat(read(context, kernels, seen))
          .containsExactly(IntStream.range(0, 2 * PASSES).map(InTurnTest::wanted).toArray());
    }
  }

  private static int wanted(int i) {
    return i % 2 == 0 ? i / 2 : -(i / 2);
  }

  /** What the test above rests on: a copy that waits for nobody is found. */
  @Test
  void aPlaceThatIsFilledWhileItIsReadIsReadWrong() {
    try (Context context = Emulated.driver().gpu(0).open();
        Emulated.Chosen _ = Emulated.Order.RACING.choose()) {
      Stream kernels = context.stream();
      Stream copies = context.stream();
      DeviceMemory place = context.allocate(4);
      DeviceMemory seen = context.allocate(4);
      try (PinnedMemory first = context.pinned(4);
          PinnedMemory second = context.pinned(4)) {
        first.segment().set(JAVA_INT, 0, 1);
        second.segment().set(JAVA_INT, 0, 2);
        copies.upload(first.segment(), place, 0);
        copies.synchronize();
        kernels.copy(place, 0, seen, 0, 4);
        copies.upload(second.segment(), place, 0);
        assertThat(read(context, kernels, seen)).containsExactly(2);
      }
    }
  }

  private static int[] read(Context context, Stream stream, DeviceMemory memory) {
    try (PinnedMemory host = context.pinned(memory.bytes())) {
      MemorySegment there = host.segment();
      stream.download(memory, 0, there);
      stream.synchronize();
      return there.toArray(JAVA_INT);
    }
  }
}
