package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {

  @ParameterizedTest
  @ValueSource(strings = {"sk-se\ncret", "sk-se cret", "sk-sécret", "sk-se\u0000cret"})
  void aKeyThatNoHeadCarriesIsRefusedWithoutBeingShown(String key) {
    assertThatThrownBy(() -> Key.checked(key, "OPENAI_API_KEY"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("the key in OPENAI_API_KEY holds a character")
        .message()
        .doesNotContain("sk-s");
  }

  @Test
  void aLineEndBehindItIsNoPartOfAKey() {
    assertThat(Key.checked("sk-secret\n", "MUNINN_API_KEY")).isEqualTo("sk-secret");
    assertThat(Key.checked("", "MUNINN_API_KEY")).isEmpty();
  }

  @Test
  void theCommandsCheckTheirs() {
    List<Cli.Result> results =
        List.of(
            Cli.run("serve", "--api-key", "sk-se cret"),
            Cli.run("bench", "serve", "--api-key", "sk-se cret"));
    for (Cli.Result result : results) {
      assertThat(result.code()).isEqualTo(1);
      assertThat(result.err()).contains("the key in --api-key holds").doesNotContain("sk-se");
    }
  }
}
