package muninn.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFilesTest {
  @TempDir private Path folder;

  @Test
  void pageJsonAndCsvLieBesideEachOtherAndHoldTheSameNumbers() throws IOException {
    List<Path> files = ReportFiles.write(Gallery.report(), folder.resolve("found.html"));

    assertThat(files.stream().map(f -> f.getFileName().toString()))
        .containsExactly("found.html", "found.json", "found.rows.csv");
    JsonNode json = new ObjectMapper().readTree(files.get(1).toFile());
    JsonNode row = json.at("/tables/rows/0");
    assertThat(row.get("name").asText()).isEqualTo("x, \"y\"");
    assertThat(row.get("value").asDouble()).isEqualTo(0.1);
    assertThat(row.get("missing").isNull()).isTrue();
    assertThat(row).as("what only people want is not there").hasSize(3);
    assertThat(json.at("/tables/rows/1/value").isNull()).isTrue();
    assertThat(json.at("/header/command/0").asText()).isEqualTo("trace");
    assertThat(json.at("/title").asText()).startsWith("a<b> & \"c\" 'd' </script>");
    assertThat(Files.readString(files.get(2)))
        .isEqualTo("name,value,missing\r\n\"x, \"\"y\"\"\",0.1,\r\nz,,true\r\n");
  }

  @Test
  void theHeaderHasACommandToPaste() {
    assertThat(Gallery.header().commandLine())
        .isEqualTo("muninn trace --prompt '9 + 1=' --steps 8 'it'\\''s'");
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed() {
    assertThatThrownBy(() -> ReportFiles.check(folder.resolve("a.txt")))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("a.txt: a report is a file whose name ends in .html");
    assertThatThrownBy(() -> ReportFiles.check(folder.resolve("no/a.html")))
        .hasMessageContaining("its folder does not exist");
  }
}
