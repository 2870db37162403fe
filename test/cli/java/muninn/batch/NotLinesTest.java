package muninn.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import muninn.UserException;
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
      out.write(LINE.getBytes(StandardCharsets.UTF_8));
    }
    refused(Files.readAllBytes(packed), "packed with gzip");
  }

  @Test
  void tablesAndArchivesAreCalledThat() throws IOException {
    refused("PAR1\25\4".getBytes(StandardCharsets.ISO_8859_1), "a Parquet file");
    refused("PK\3\4\24\0".getBytes(StandardCharsets.ISO_8859_1), "a zip archive");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[{\"prompt\":\"1\"}]", "[\n  {\n    \"prompt\": \"1\"\n  }\n]\n", "\ufeff [ {}]"})
  void aListOfRequestsIsNoJsonl(String list) throws IOException {
    refused(list.getBytes(StandardCharsets.UTF_8), "one JSON list, wanted JSONL");
  }

  @Test
  void textInAnotherEncodingIsToBeConverted() throws IOException {
    refused(LINE.getBytes(StandardCharsets.UTF_16), "UTF-16 text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "[]\n", "[1]\n", "{}\n", "PAR2\n"})
  void whatIsOnlyALineThatIsWrongIsAnsweredAsThat(String lines) throws IOException {
    Path file = file((lines + LINE).getBytes(StandardCharsets.UTF_8));
    assertThat(new InputFile(file).survey().lines()).isPositive();
  }
}
