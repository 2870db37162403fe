package muninn.wire;

import static org.assertj.core.api.Assertions.assertThat;

import muninn.files.Json;
import org.junit.jupiter.api.Test;

class CustomIdsTest {

  @Test
  void rememberedIdsAreFoundAgainHoweverManyThereAre() {
    CustomIds ids = new CustomIds();
    for (int i = 1; i <= 20_000; i++) {
      assertThat(ids.note(Json.NODES.textNode("id " + i), i)).isZero();
    }
    for (int i = 1; i <= 20_000; i += 97) {
      assertThat(ids.note(Json.NODES.textNode("id " + i), 30_000)).isEqualTo(i);
    }
  }
}
