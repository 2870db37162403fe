package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import muninn.engine.request.Options;
import muninn.kernels.KvCache;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks of pages that outlive their sequences: who holds them, and which go first. */
class PrefixTreeTest {
  private static final PrefixKey KEY = new PrefixKey(4, KvSharing.FULL, 0, 0);
  private static final int ALL = 12;

  private final KvPages pool = new KvPages(ALL);
  private final PrefixTree tree = new PrefixTree(pool);

  /** Tokens of blocks that are told apart by one number each. */
  private static int[] tokens(int... blocks) {
    return IntStream.of(blocks)
        .flatMap(block -> IntStream.range(0, KvCache.PAGE).map(i -> 100 * block + i))
        .toArray();
  }

  /** A sequence that leaves these blocks, of one page each, and goes on holding them. */
  private PrefixBlock leave(PrefixKey key, int... blocks) {
    int[] tokens = tokens(blocks);
    PrefixBlock last = tree.holdRoot(key);
    for (int from = 0; from < tokens.length; from += KvCache.PAGE) {
      PrefixBlock there = tree.find(last, tokens, from);
      if (there == null) {
        assertThat(pool.reserve(1)).isTrue();
        there = tree.add(last, tokens, from, new int[] {pool.take(0)});
      } else {
        tree.hold(there);
      }
      last = there;
    }
    return last;
  }

  /** How many of these blocks are found, one behind the other. */
  private int found(PrefixKey key, int... blocks) {
    int[] tokens = tokens(blocks);
    PrefixBlock root = tree.holdRoot(key);
    PrefixBlock last = root;
    int count = 0;
    while (count < blocks.length) {
      PrefixBlock next = tree.find(last, tokens, count * KvCache.PAGE);
      if (next == null) {
        break;
      }
      last = next;
      count++;
    }
    tree.release(root);
    return count;
  }

  private int unreserved() {
    int pages = 0;
    while (pool.reserve(1)) {
      pages++;
    }
    pool.unreserve(pages);
    return pages;
  }

  private void takeAndGive(int pages) {
    assertThat(pool.reserve(pages)).isTrue();
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < pages; i++) {
      assertThat(taken.add(pool.take(0))).as("a page of nobody else").isTrue();
    }
    taken.forEach(pool::give);
    pool.unreserve(pages);
  }

  @Test
  void aBlockIsFoundByItsTokensAndAllBeforeIt() {
    tree.release(leave(KEY, 1, 2, 3));
    tree.release(leave(KEY, 1, 4));
    assertThat(found(KEY, 1, 2, 3)).isEqualTo(3);
    assertThat(found(KEY, 1, 4, 3)).isEqualTo(2);
    assertThat(found(KEY, 2, 3)).as("the same tokens elsewhere").isZero();
    assertThat(found(KEY, 1, 3)).isEqualTo(1);
    assertThat(tree.pages()).as("what both begin with is there once").isEqualTo(4);
  }

  @Test
  void whatIsThoughtAboutInAnotherWayIsNotFound() {
    tree.release(leave(KEY, 1));
    for (PrefixKey other :
        List.of(
            new PrefixKey(5, KvSharing.FULL, 0, 0),
            new PrefixKey(4, KvSharing.parse("mod:2"), 0, 0),
            new PrefixKey(4, KvSharing.FULL, 1, 0),
            new PrefixKey(4, KvSharing.FULL, 0, 1))) {
      assertThat(found(other, 1)).as("%s", other).isZero();
    }
  }

  @Test
  void theSeedIsOfNoAccountWhereLatentsStartFromNoNoise() {
    Options seeded = Options.DEFAULT.withSeed(7);
    Options other = Options.DEFAULT.withSeed(8);
    assertThat(PrefixKey.of(seeded, true)).isNotEqualTo(PrefixKey.of(other, true));
    assertThat(PrefixKey.of(seeded, false)).isEqualTo(PrefixKey.of(other, false));
    assertThat(PrefixKey.of(seeded.withInitScale(0), true))
        .isEqualTo(PrefixKey.of(other.withInitScale(-0f), true));
  }

  @Test
  void pagesOfHeldBlocksAreSetAsideAndThoseOfOthersAreFree() {
    PrefixBlock first = leave(KEY, 1, 2);
    PrefixBlock second = leave(KEY, 1, 3);
    assertThat(unreserved()).isEqualTo(ALL - 3);
    tree.release(first);
    assertThat(unreserved()).as("the first block is still read").isEqualTo(ALL - 2);
    assertThat(tree.idlePages()).isEqualTo(1);
    tree.release(second);
    assertThat(unreserved()).isEqualTo(ALL);
    assertThat(tree.idlePages()).isEqualTo(3);
    PrefixBlock again = leave(KEY, 1, 2);
    assertThat(unreserved()).as("found again, and held").isEqualTo(ALL - 2);
    assertThat(tree.idlePages()).isEqualTo(1);
    tree.release(again);
    assertThat(pool.free()).isEqualTo(ALL - tree.pages());
  }

  @Test
  void theLeastRecentlyUsedGoFirstAndTheDeepestOfThem() {
    tree.release(leave(KEY, 1, 2, 3));
    tree.release(leave(KEY, 4, 5));
    tree.release(leave(KEY, 1, 2)); // used again, without the third
    assertThat(pool.free()).isEqualTo(ALL - 5);
    takeAndGive(ALL - 5);
    assertThat(tree.pages()).as("free pages come first").isEqualTo(5);
    takeAndGive(ALL - 4);
    assertThat(found(KEY, 1, 2, 3)).isEqualTo(2);
    assertThat(found(KEY, 4, 5)).isEqualTo(2);
    takeAndGive(ALL - 3);
    assertThat(found(KEY, 4, 5)).as("the deepest").isEqualTo(1);
    takeAndGive(ALL - 1);
    assertThat(found(KEY, 1, 2)).isEqualTo(1);
    assertThat(found(KEY, 4, 5)).isZero();
  }

  @Test
  void heldBlocksStayHoweverMuchIsWanted() {
    PrefixBlock held = leave(KEY, 1, 2);
    tree.release(leave(KEY, 3, 4));
    takeAndGive(ALL - 2);
    assertThat(found(KEY, 1, 2)).isEqualTo(2);
    assertThat(found(KEY, 3)).isZero();
    assertThat(pool.reserve(ALL - 1)).isFalse();
    tree.release(held);
    takeAndGive(ALL);
    assertThat(tree.pages()).isZero();
  }

  @Test
  void aClosedTreeFindsNothingAndItsPagesAreStillThere() {
    tree.release(leave(KEY, 1, 2));
    tree.close();
    assertThat(found(KEY, 1, 2)).isZero();
    takeAndGive(ALL);
  }

  /** Against a plain account of who holds what. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whoeverComesAndGoesTheAccountIsRight(long seed) {
    Random random = new Random(seed);
    List<PrefixBlock> held = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      if (random.nextBoolean() && !held.isEmpty()) {
        tree.release(held.remove(random.nextInt(held.size())));
      } else if (unreserved() >= 3) {
        PrefixKey key = new PrefixKey(4, KvSharing.FULL, 1, random.nextInt(3));
        int[] blocks = random.ints(random.nextInt(4), 0, 3).toArray();
        held.add(leave(key, blocks));
      }
      Set<PrefixBlock> there = new HashSet<>();
      for (PrefixBlock last : held) {
        for (PrefixBlock block = last; !block.isRoot(); block = block.parent) {
          there.add(block);
        }
      }
      assertThat(tree.pages() - tree.idlePages()).as("held").isEqualTo(there.size());
      assertThat(unreserved()).isEqualTo(ALL - there.size());
      assertThat(pool.free()).isEqualTo(ALL - tree.pages());
      assertThat(there.stream().map(block -> block.pages[0])).doesNotHaveDuplicates();
    }
    held.forEach(tree::release);
    takeAndGive(ALL);
  }
}
