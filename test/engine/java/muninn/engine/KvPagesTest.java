package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The pool of KV pages: what is reserved is there when it is needed. */
class KvPagesTest {
  private final KvPages pool = new KvPages(10);

  @Test
  void nobodyReservesWhatOthersWerePromised() {
    assertThat(pool.reserve(6)).isTrue();
    assertThat(pool.reserve(5)).as("of the four that are left").isFalse();
    assertThat(pool.reserve(4)).as("a refusal changes nothing").isTrue();
    pool.unreserve(6);
    assertThat(pool.reserve(6)).isTrue();
  }

  @Test
  void everyPageIsHeldByOneAtATime() {
    assertThat(pool.reserve(10)).isTrue();
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      assertThat(taken.add(pool.take(0))).isTrue();
    }
    assertThat(taken).allMatch(page -> page >= 0 && page < pool.total());
    pool.give(3);
    assertThat(pool.take(0)).isEqualTo(3);
  }
}
