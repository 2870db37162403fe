package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Stored;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Matrices laid out as panels by compiled code, where it was built, and by Java's loops, to the bit
 * the same. Where it is missing these tests run Java's loops twice.
 */
class PanelLibraryTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("muninn.native", "../../native/target"));

  private final Random random = new Random(5);
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(2, ColdStart.none());
  private final Packer compiled =
      new Packer(workers, arena, new LargeMemory(arena, Optional.of(FOLDER)), 0);
  private final Packer java =
      new Packer(workers, arena, new LargeMemory(arena, Optional.empty()), 0);

  @AfterEach
  void close() {
    workers.close();
    arena.close();
  }

  static Stream<Panel> panels() {
    return Stream.of(new FloatPanel(), new Bf16Panel(), new Bf16PairPanel());
  }

  static Stream<Arguments> panelsAndTypes() {
    return panels().flatMap(panel -> Stream.of(DType.values()).map(t -> Arguments.of(panel, t)));
  }

  @ParameterizedTest
  @MethodSource("panelsAndTypes")
  void panelsAreThoseOfJavasLoops(Panel panel, DType type) {
    for (int rows : new int[] {1, 7, 31, 32, 33, 96, 100, 257}) {
      for (int columns : new int[] {1, 2, 7, 16, 17, 33, 64, 96, 131}) {
        assertSame(panel, stored(type, rows, columns, 0, rows));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("panels")
  void soAreThoseOfStackedAndRearrangedRows(Panel panel) {
    int columns = 70;
    List<Stored.Piece> pieces = new ArrayList<>();
    for (DType type : DType.values()) {
      pieces.addAll(stored(type, 2 * 96, columns, 96, 2 * 96).pieces()); // heads of 96
      pieces.addAll(stored(type, 13, columns, 0, 13).pieces());
      pieces.addAll(stored(type, 1, columns, 0, 1).pieces());
    }
    int rows = pieces.stream().mapToInt(Stored.Piece::rows).sum();
    assertSame(panel, new Stored(rows, columns, pieces));
    assertSame(panel, new Stored(rows, columns, pieces.reversed()));
  }

  @Test
  void roundingIsToTheEvenOfTwoThatAreAsNear() {
    int[] bits = {
      0x3F808000, 0x3F818000, 0x3F808001, 0x3F807FFF, 0x7F7FFFFF, 0x80000001, 0x00008000, 0xFF7F8000
    };
    MemorySegment data = Arena.ofAuto().allocate(4L * bits.length, 4);
    MemorySegment.copy(bits, 0, data, ValueLayout.JAVA_INT, 0, bits.length);
    panels().forEach(p -> assertSame(p, Stored.of(DType.F32, 1, bits.length, data)));
  }

  /**
   * Every float16: subnormal ones, infinities; those that are not numbers are refused elsewhere.
   */
  @Test
  void everyHalfPrecisionNumberIsWidenedAsJavaDoes() {
    short[] all = new short[1 << 16];
    for (int i = 0; i < all.length; i++) {
      boolean isNumber = !Float.isNaN(Float.float16ToFloat((short) i));
      all[i] = isNumber ? (short) i : 0;
    }
    MemorySegment data = Arena.ofAuto().allocate(2L * all.length, 2);
    MemorySegment.copy(all, 0, data, ValueLayout.JAVA_SHORT, 0, all.length);
    panels().forEach(p -> assertSame(p, Stored.of(DType.F16, 256, 256, data)));
  }

  @ParameterizedTest
  @MethodSource("panelsAndTypes")
  void whatIsNotANumberIsRefusedWhereverItStands(Panel panel, DType type) {
    int rows = 70;
    int columns = 45;
    int bytes = type.bytes();
    for (int i = 0; i < 40; i++) {
      Stored good = stored(type, rows, columns, 0, rows);
      MemorySegment data = Arena.ofAuto().allocate((long) rows * columns * bytes, 4);
      good.pieces().getFirst().read(0, columns, data);
      int at = random.nextInt(rows * columns);
      if (type == DType.F32) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, at, i % 2 == 0 ? Float.NaN : -1 / 0f);
      } else {
        int infinity = type == DType.BF16 ? 0x7F80 : 0x7C00;
        data.setAtIndex(ValueLayout.JAVA_SHORT, at, (short) (infinity | i % 2));
      }
      Stored bad = new Stored(rows, columns, List.of(checked(type, data, rows)));
      for (Packer packer : new Packer[] {compiled, java}) {
        assertThatThrownBy(() -> packer.pack(bad, panel))
            .isInstanceOf(UserException.class)
            .hasMessage("not a number");
      }
    }
  }

  private void assertSame(Panel panel, Stored stored) {
    CpuWeights wanted = java.pack(stored, panel);
    CpuWeights found = compiled.pack(stored, panel);
    for (int i = 0; i < wanted.panels(); i++) {
      assertThat(found.panel(i).mismatch(wanted.panel(i)))
          .as("%s, %d rows, %d columns, panel %d", panel, stored.rows(), stored.columns(), i)
          .isEqualTo(-1);
    }
  }

  private Stored stored(DType type, int rows, int columns, int halves, int take) {
    int count = rows * columns;
    MemorySegment data = Arena.ofAuto().allocate((long) count * type.bytes(), 4);
    for (int i = 0; i < count; i++) {
      float value = (float) random.nextGaussian();
      switch (type) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        case BF16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, DType.bf16(value));
        case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
      }
    }
    Stored.Bytes bytes = (from, to) -> MemorySegment.copy(data, from, to, 0, to.byteSize());
    return new Stored(rows, columns, List.of(new Stored.Piece(type, bytes, 0, take, halves)));
  }

  /** A source that refuses what is not a number, when it is read or when it is asked to. */
  private static Stored.Piece checked(DType type, MemorySegment all, int rows) {
    Stored.Bytes raw =
        new Stored.Bytes() {
          @Override
          public void read(long from, MemorySegment to) {
            MemorySegment.copy(all, from, to, 0, to.byteSize());
          }

          @Override
          public void check(MemorySegment data) {
            long count = data.byteSize() / type.bytes();
            if (IntStream.range(0, (int) count)
                .anyMatch(i -> !Float.isFinite(type.read(data, i)))) {
              throw new UserException("not a number");
            }
          }
        };
    Stored.Bytes bytes =
        new Stored.Bytes() {
          @Override
          public void read(long from, MemorySegment to) {
            raw.read(from, to);
            raw.check(to);
          }

          @Override
          public Stored.Bytes unchecked() {
            return raw;
          }
        };
    return new Stored.Piece(new Format.Plain(type), bytes, 0, rows, 0);
  }
}
