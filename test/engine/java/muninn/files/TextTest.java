package muninn.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import muninn.UserException;
import org.junit.jupiter.api.Test;

class TextTest {

  @Test
  void dropsTheMarkAndEndsLinesAlikeWhereverTheyWereWritten() {
    assertThat(read("\uFEFFa\r\nb\rc\n\uFEFFd".getBytes(UTF_8))).isEqualTo("a\nb\nc\n\uFEFFd");
    assertThat(read(new byte[0])).isEmpty();
  }

  @Test
  void refusesWhatIsNoTextOrTooLong() {
    assertThatThrownBy(() -> read("\u00e9".getBytes(ISO_8859_1)))
        .isInstanceOf(UserException.class)
        .hasMessage("the prompt is not UTF-8 text: convert it to UTF-8");
    assertThatThrownBy(() -> read("ab".getBytes(UTF_16LE)))
        .hasMessageStartingWith("the prompt is not UTF-8 text, since it holds a NUL byte");
    assertThatThrownBy(() -> read(new byte[(2 << 20) + 1]))
        .hasMessage("the prompt is longer than 2 MiB");
  }

  private static String read(byte[] bytes) {
    return Text.read(new ByteArrayInputStream(bytes), "the prompt", 2 << 20);
  }
}
