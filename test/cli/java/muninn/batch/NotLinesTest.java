package muninn.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import muninn.UserException;
import muninn.files.Lines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotLinesTest {
  private static final String LINE = "{\"prompt\":\"1\"}\n";

  @TempDir private Path folder;

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("in.jsonl"), content);
  }

  private void refused(byte[] content, String said) throws IOException {
    Path file = file(content);
    assertThatThrownBy(() -> new InputFile(file).survey())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("input " + file + " is " + said);
  }

  @Test
  void packedRequestsAreToBeUnpackedNotAnsweredByErrors() throws IOException {
    Path packed = folder.resolve("packed");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write(LINE.getBytes(UTF_8));
    }
    refused(Files.readAllBytes(packed), "packed with gzip");
  }

  @Test
  void tablesAndArchivesAreCalledThat() throws IOException {
    refused("PAR1\25\4".getBytes(StandardCharsets.ISO_8859_1), "a Parquet file");
    refused("BZh91AY".getBytes(UTF_8), "packed with bzip2");
    refused("\u00fd7zXZ\0".getBytes(StandardCharsets.ISO_8859_1), "packed with xz");
    refused("\n<!doctype html>".getBytes(UTF_8), "a web page");
    refused("version https://git-lfs.github.com/spec/v1\n".getBytes(UTF_8), "a pointer of Git LFS");
    refused("PK\3\4\24\0".getBytes(StandardCharsets.ISO_8859_1), "a zip archive");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"prompt\":\"1\"}]",
        "[\n  {\n    \"prompt\": \"1\"\n  }\n]\n",
        "\ufeff [ {}]",
        "[\n\"a\",\n\"b\"]\n"
      })
  void aListOfRequestsIsNoJsonl(String list) throws IOException {
    refused(list.getBytes(UTF_8), "one JSON list, wanted JSONL");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\n  \"prompt\": \"1\"\n}\n",
        "{\"prompt\": \"1\",\r\n \"steps\": 4}\r\n{\r\n\"prompt\": \"2\"}",
        "\ufeff\n{\"messages\": [\n{}\n]}"
      })
  void objectsThatGoOverSeveralLinesAreNoJsonl(String pretty) throws IOException {
    refused(pretty.getBytes(UTF_8), "JSON that goes over several lines");
  }

  @Test
  void standardInputIsLookedAtToo() {
    String pretty = "{\n  \"prompt\": \"1\"\n}\n";
    JobInput pipe = JobInput.stream(new ByteArrayInputStream(pretty.getBytes(UTF_8)));
    assertThatThrownBy(pipe::open)
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("input standard input is JSON that goes over several lines");
  }

  @Test
  void ofAStreamALineIsReadAsSoonAsItIsThere() throws IOException {
    try (PipedOutputStream out = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(out)) {
      out.write(LINE.getBytes(UTF_8));
      try (Lines lines = JobInput.stream(in).open()) {
        assertThat(lines.next().text()).isEqualTo(LINE.strip());
      }
    }
  }

  @Test
  void textInAnotherEncodingIsToBeConverted() throws IOException {
    refused(LINE.getBytes(StandardCharsets.UTF_16), "UTF-16 text");
    refused(LINE.getBytes(StandardCharsets.UTF_16LE), "UTF-16 text");
    refused(LINE.getBytes(StandardCharsets.UTF_16BE), "UTF-16 text");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "[]\n",
        "[1]\n",
        "{}\n",
        "PAR2\n",
        "{\"prompt\":\"1\",\n",
        "{\"prompt\":\"1\n"
      })
  void whatIsOnlyALineThatIsWrongIsAnsweredAsThat(String lines) throws IOException {
    Path file = file((lines + LINE).getBytes(UTF_8));
    assertThat(new InputFile(file).survey().lines()).isPositive();
  }
}
