package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import muninn.kernels.KvCache;
import muninn.model.KvSharing;
import org.junit.jupiter.api.Test;

/** Prompts that begin alike, and where they went. */
class BeginningsTest {
  private static final PrefixKey KEY = new PrefixKey(8, KvSharing.FULL, 0, 0);

  private final Beginnings<String> beginnings = new Beginnings<>();

  private static int[] prompt(int pages, int change) {
    int[] prompt = IntStream.range(0, pages * KvCache.PAGE).toArray();
    prompt[change] = -1;
    return prompt;
  }

  @Test
  void theLongestBeginningDecides() {
    int[] whole = prompt(4, 63);
    beginnings.went(KEY, prompt(4, 20), "one page alike");
    beginnings.went(KEY, prompt(4, 40), "two pages alike");
    assertThat(beginnings.place(KEY, whole)).contains("two pages alike");
    beginnings.went(KEY, Arrays.copyOf(whole, 64), "all");
    assertThat(beginnings.place(KEY, whole)).contains("all");
    assertThat(beginnings.place(KEY, prompt(4, 40))).contains("two pages alike");
  }

  @Test
  void whatLeavesOtherKeysIsAnotherBeginning() {
    beginnings.went(KEY, prompt(2, 5), "there");
    assertThat(beginnings.place(KEY, prompt(2, 4))).isEmpty();
    assertThat(beginnings.place(new PrefixKey(9, KvSharing.FULL, 0, 0), prompt(2, 5))).isEmpty();
    assertThat(beginnings.place(KEY, Arrays.copyOf(prompt(2, 5), 15))).as("no page").isEmpty();
  }

  @Test
  void theOldestAreForgotten() {
    for (int i = 0; i < 5000; i++) {
      int[] prompt = new int[20 * KvCache.PAGE];
      prompt[0] = i;
      beginnings.went(KEY, prompt, "place " + i);
    }
    int[] prompt = new int[20 * KvCache.PAGE];
    assertThat(beginnings.place(KEY, prompt)).isEmpty();
    prompt[0] = 4999;
    assertThat(beginnings.place(KEY, prompt)).contains("place 4999");
  }
}
