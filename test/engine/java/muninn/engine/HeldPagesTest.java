package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import muninn.kernels.KvCache;
import muninn.model.Config;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pages of a sequence: taken at the depth and the place where they are first needed. */
class HeldPagesTest {
  /** 2 blocks of prelude, 4 of core, 2 of coda. */
  private static final Config CONFIG =
      Config.read(Golden.folder("raven-nano").resolve("config.json"));

  private static final int STEPS = 6;
  private static final int ALL = 1000;

  private final KvPages pool = new KvPages(ALL);

  /** KV slot → chunk → page, as the device was told. */
  private final Map<Integer, Map<Integer, Integer>> table = new TreeMap<>();

  private HeldPages open(String kv, int positions) {
    KvSharing sharing = KvSharing.parse(kv);
    HeldPages pages = new HeldPages(CONFIG, sharing, STEPS, positions, pool, this::map);
    assertThat(pages.reserve(positions)).isTrue();
    return pages;
  }

  private void map(int slot, int chunk, int page) {
    assertThat(table.computeIfAbsent(slot, _ -> new TreeMap<>()).put(chunk, page))
        .as("page of slot %d, chunk %d, before", slot, chunk)
        .isNull();
  }

  private int mapped() {
    return table.values().stream().mapToInt(Map::size).sum();
  }

  /** Pages that nobody has set aside. */
  private int unreserved() {
    int pages = 0;
    while (pool.reserve(1)) {
      pages++;
    }
    pool.unreserve(pages);
    return pages;
  }

  @Test
  void aPositionTakesPagesForItsDepthAndNoDeeper() {
    HeldPages pages = open("full", 40);
    pages.hold(0);
    assertThat(table.keySet()).as("prelude and coda").containsExactly(0, 1, 2, 3);
    assertThat(pages.hold(0, 0)).isZero();
    assertThat(table.keySet()).as("and the first step").containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(pages.hold(0, 1)).isEqualTo(1);
    assertThat(mapped()).isEqualTo(4 + 4 + 4);
    pages.hold(KvCache.PAGE - 1);
    pages.hold(KvCache.PAGE - 1, 1);
    assertThat(mapped()).as("neighbours share their pages").isEqualTo(4 + 4 + 4);
    pages.hold(KvCache.PAGE);
    assertThat(mapped()).as("the next chunk has its own").isEqualTo(4 + 4 + 4 + 4);
  }

  @Test
  void pagesAreCountedByTheDepthThatWroteThem() {
    HeldPages pages = open("full", 40);
    assertThat(pool.byDepth()).as("nobody has been anywhere").containsExactly(0);
    for (int position : new int[] {0, KvCache.PAGE}) {
      pages.hold(position);
      pages.hold(position, 0);
    }
    pages.hold(0, 1);
    pages.hold(0, 2);
    assertThat(pool.byDepth()).as("prelude and coda, three steps").containsExactly(8, 8, 4, 4);
    pages.release();
    assertThat(pool.byDepth()).containsExactly(0, 0, 0, 0);
    table.clear();
    HeldPages shared = open("mod:2", 40);
    for (int step = 0; step < STEPS; step++) {
      shared.hold(0, step);
    }
    assertThat(pool.byDepth()).as("the first of those that share").containsExactly(0, 4, 4, 0);
  }

  /** Groups are counted in recurrences of 4 blocks; the table's rows in slots. */
  @ParameterizedTest
  @CsvSource({
    "full,         0 1 2 3 4 5, 24",
    "mod:1,        0 0 0 0 0 0, 4",
    "mod:4,        0 1 2 3 0 1, 16",
    "first:2,      0 1 2 2 2 2, 12",
    "div:4,        0 0 0 0 1 1, 8",
    "div-blocks:8, 0 1 2 3 4 5, 3", // every 8 block-steps live in one page
  })
  void stepsThatShareKeysShareTheirPages(String kv, String groups, int pagesOfTheCore) {
    HeldPages pages = open(kv, KvCache.PAGE);
    String[] wanted = groups.split(" ", -1);
    for (int step = 0; step < STEPS; step++) {
      assertThat(pages.hold(3, step)).as("step %d", step).isEqualTo(Integer.parseInt(wanted[step]));
    }
    long distinct = table.values().stream().flatMap(c -> c.values().stream()).distinct().count();
    assertThat(distinct).isEqualTo(pagesOfTheCore);
    assertThat(HeldPages.most(CONFIG, KvSharing.parse(kv), STEPS, KvCache.PAGE))
        .as("and with prelude and coda that is all it may hold")
        .isEqualTo(pagesOfTheCore + 4);
  }

  @Test
  void depthsThatNobodyReachedAreGivenBackWithTheLastPositionOfTheirPage() {
    HeldPages pages = open("full", 2 * KvCache.PAGE);
    assertThat(unreserved()).isEqualTo(ALL - 2 * (4 + STEPS * 4));
    for (int position = 0; position < KvCache.PAGE; position++) {
      pages.hold(position);
      pages.hold(position, 0);
      pages.hold(position, 1);
      assertThat(unreserved()).isEqualTo(ALL - 2 * (4 + STEPS * 4));
      pages.settled(position);
    }
    assertThat(unreserved()).as("four of six steps").isEqualTo(ALL - 2 * (4 + STEPS * 4) + 4 * 4);
    pages.release();
    assertThat(unreserved()).isEqualTo(ALL);
  }

  @ParameterizedTest
  @CsvSource({"full", "mod:2", "first:2", "div:4", "div-blocks:3"})
  void nothingIsKeptInTheEnd(String kv) {
    for (int round = 0; round < 3; round++) {
      table.clear();
      HeldPages pages = open(kv, 3 * KvCache.PAGE - 5);
      for (int position = 0; position < 2 * KvCache.PAGE; position++) {
        pages.hold(position);
        for (int step = 0; step < 1 + position % STEPS; step++) {
          pages.hold(position, step);
        }
        pages.settled(position);
      }
      pages.release();
      assertThat(unreserved()).isEqualTo(ALL);
    }
    Set<Integer> there = new HashSet<>();
    for (int i = 0; i < ALL; i++) {
      assertThat(there.add(pool.take(0))).as("each page is there, and once").isTrue();
    }
  }

  /** What one leaves another finds: the pages change hands, the account stays right. */
  @ParameterizedTest
  @CsvSource({"full", "mod:2", "first:2", "div:4", "div-blocks:3"})
  void aChunkThatIsFoundTakesNoPagesAndIsNotGivenBack(String kv) {
    int perChunk = HeldPages.most(CONFIG, KvSharing.parse(kv), STEPS, KvCache.PAGE);
    HeldPages first = open(kv, 2 * KvCache.PAGE);
    for (int position : new int[] {0, KvCache.PAGE}) {
      first.hold(position);
      for (int step = 0; step < STEPS; step++) {
        first.hold(position, step);
      }
    }
    Map<Integer, Map<Integer, Integer>> written = Map.copyOf(table);
    int[] left = first.leave(0);
    assertThat(left).hasSize(perChunk).doesNotHaveDuplicates();
    first.release();
    assertThat(unreserved()).as("but what was left").isEqualTo(ALL - perChunk);
    assertThat(pool.free()).isEqualTo(ALL - perChunk);

    table.clear();
    HeldPages second = open(kv, 2 * KvCache.PAGE);
    assertThat(unreserved()).isEqualTo(ALL - 3 * perChunk);
    second.find(0, left);
    assertThat(unreserved()).as("its first chunk needs no pages").isEqualTo(ALL - 2 * perChunk);
    table.forEach((slot, chunks) -> assertThat(chunks).containsEntry(0, written.get(slot).get(0)));
    for (int step = 0; step < STEPS; step++) {
      second.hold(3, step);
    }
    second.hold(3);
    assertThat(pool.free()).as("nothing was taken").isEqualTo(ALL - perChunk);
    second.release();
    assertThat(unreserved()).isEqualTo(ALL - perChunk);
    assertThat(pool.free()).isEqualTo(ALL - perChunk);
  }

  @Test
  void pagesAreSetAsideAChunkAtATime() {
    int perChunk = 4 + STEPS * 4;
    HeldPages pages =
        new HeldPages(CONFIG, KvSharing.FULL, STEPS, 3 * KvCache.PAGE, pool, this::map);
    assertThat(unreserved()).isEqualTo(ALL);
    assertThat(pages.reserve(KvCache.PAGE)).isTrue();
    assertThat(unreserved()).isEqualTo(ALL - perChunk);
    assertThat(pages.reserve(1)).as("it has that").isTrue();
    assertThat(pages.growth()).isEqualTo(perChunk);
    assertThat(unreserved()).isEqualTo(ALL - perChunk);

    assertThat(pool.reserve(unreserved() - 2 * perChunk + 1)).isTrue();
    assertThat(pages.reserve(3 * KvCache.PAGE)).as("one page too few").isFalse();
    assertThat(unreserved()).as("a refusal changes nothing").isEqualTo(2 * perChunk - 1);
    pool.unreserve(1);
    assertThat(pages.reserve(3 * KvCache.PAGE)).isTrue();
    assertThat(pages.growth()).as("it will never need more").isZero();
    assertThat(unreserved()).isZero();
    pages.release();
    assertThat(unreserved()).isEqualTo(3 * perChunk);
  }
}
