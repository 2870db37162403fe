package muninn.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import muninn.UserException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinesTest {

  @Test
  void numbersLinesFromOneBlankOnesIncludedAndTakesALastLineWithoutEnd() throws IOException {
    List<Line> lines = read("a\n\n  \r\nb", 100);

    assertThat(lines).extracting(Line::number).containsExactly(1L, 2L, 3L, 4L);
    assertThat(lines).extracting(Line::blank).containsExactly(false, true, true, false);
    assertThat(text(lines)).containsExactly("a", "", "  ", "b");
  }

  @Test
  void anEmptyFileHasNoLinesAndAFinalLineEndBeginsNone() throws IOException {
    assertThat(read("", 100)).isEmpty();
    assertThat(read("a\n", 100)).hasSize(1);
  }

  @Test
  void passesOverALineBeyondTheLimitAndGoesOnAfterIt() throws IOException {
    List<Line> lines = read("short\n" + "x".repeat(200_000) + "\n12345\n123456\n", 5);

    assertThat(lines).extracting(Line::tooLong).containsExactly(false, true, false, true);
    assertThat(text(lines)).containsExactly("short", "", "12345", "");
    assertThat(lines.get(1).blank()).isFalse();
  }

  @Test
  void dropsAByteOrderMarkBeforeTheFirstLineOnly() throws IOException {
    assertThat(text(read("\uFEFFa\n\uFEFFb", 100))).containsExactly("a", "\uFEFFb");
  }

  @Test
  void aLineEndsAtALineFeedACarriageReturnOrBoth() throws IOException {
    assertThat(text(read("a\rb\r\nc\n\rd\r\r\ne", 100)))
        .containsExactly("a", "b", "c", "", "d", "", "e");
    assertThat(read("a\r", 100)).hasSize(1);
    assertThat(read("a\r\n", 100)).hasSize(1);
    byte[] trickled = "a\r\nb\r\n\r\nc".getBytes(UTF_8);
    assertThat(text(read(new Trickle(trickled), 100))).containsExactly("a", "b", "", "c");
  }

  @Test
  void namesFileAndLineOfWhatCannotBeRead(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tasks.jsonl");

    Files.write(file, "one\n\n\u00e9\n".getBytes(ISO_8859_1));
    assertThatThrownBy(() -> Lines.map(file, "words", "a word", text -> text))
        .isInstanceOf(UserException.class)
        .hasMessage(file + " line 3: not UTF-8 text: convert it to UTF-8");
    Files.write(file, "one\r\ntw\0o".getBytes(UTF_8));
    assertThatThrownBy(() -> Lines.map(file, "words", "a word", text -> text))
        .hasMessageContaining("line 2: not UTF-8 text, since it holds a NUL byte");
    Files.write(file, "one".getBytes(UTF_16));
    assertThatThrownBy(() -> Lines.map(file, "words", "a word", text -> text))
        .hasMessageContaining("line 1: not UTF-8 text");
    Files.writeString(file, "one\n" + "x".repeat(Lines.MAX_BYTES + 1));
    assertThatThrownBy(() -> Lines.map(file, "words", "a word", text -> text))
        .hasMessageContaining("line 2: longer than 16 MiB");
    Files.writeString(file, " \n\t\r\n");
    assertThatThrownBy(() -> Lines.map(file, "words", "a word", text -> text))
        .hasMessage(file + " holds no words");
    assertThatThrownBy(() -> Lines.map(folder.resolve("no"), "words", "a word", text -> text))
        .hasMessageContaining(
            "no: cannot be read as words (no such file): name a JSONL file with a word on each");
    Files.writeString(file, "\uFEFFone\r\n\r\ntwo");
    assertThat(Lines.map(file, "words", "a word", text -> text)).containsExactly("one", "two");
  }

  @Property(tries = 200)
  void cutsAnyBytesAsSplittingThemWholeDoes(
      @ForAll @Size(max = 40) List<@Size(max = 9) byte[]> pieces, @ForAll boolean ended)
      throws IOException {
    List<byte[]> wanted = new ArrayList<>();
    StringBuilder joined = new StringBuilder();
    for (byte[] piece : pieces) {
      String line = new String(piece, ISO_8859_1).replaceAll("[\r\n]", "");
      line = joined.isEmpty() && line.startsWith("ï") ? "" : line;
      joined.append(line).append('\n');
      wanted.add(line.getBytes(ISO_8859_1));
    }
    String whole = ended || joined.isEmpty() ? joined.toString() : joined + "end";
    if (!whole.equals(joined.toString())) {
      wanted.add("end".getBytes(UTF_8));
    }
    byte[] bytes = whole.getBytes(ISO_8859_1);

    List<Line> lines = read(new Trickle(bytes), 100);

    assertThat(lines).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(lines.get(i).bytes()).isEqualTo(wanted.get(i));
    }
  }

  private static List<Line> read(String text, int maxBytes) throws IOException {
    return read(new ByteArrayInputStream(text.getBytes(UTF_8)), maxBytes);
  }

  private static List<Line> read(InputStream in, int maxBytes) throws IOException {
    List<Line> lines = new ArrayList<>();
    try (Lines reader = new Lines(in, maxBytes)) {
      for (Line line = reader.next(); line != null; line = reader.next()) {
        lines.add(line);
      }
    }
    return lines;
  }

  private static List<String> text(List<Line> lines) {
    return lines.stream().map(line -> new String(line.bytes(), UTF_8)).toList();
  }

  /** Hands out three bytes at a time, so that reads end in the middle of lines. */
  private static final class Trickle extends InputStream {
    private final byte[] bytes;
    private int position;

    Trickle(byte[] bytes) {
      this.bytes = Arrays.copyOf(bytes, bytes.length);
    }

    @Override
    public int read() {
      return position == bytes.length ? -1 : bytes[position++] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int count = Math.min(Math.min(3, length), bytes.length - position);
      if (count == 0) {
        return -1;
      }
      System.arraycopy(bytes, position, target, offset, count);
      position += count;
      return count;
    }
  }
}
