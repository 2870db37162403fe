package muninn.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryFolderTest {
  @TempDir private Path folder;

  private static Path named(String value) {
    return LibraryFolder.named(Map.of("MUNINN_X", value), "MUNINN_X", List.of("libx.so.2"));
  }

  @Test
  void aVariableThatNamesNoFolderIsRefusedByNameAndValue() {
    String missing = folder.resolve("none").toString();
    assertThatThrownBy(() -> named(missing))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "MUNINN_X is '%s', which is no folder, wanted the one that holds libx.so.2; or unset"
                + " it",
            missing);
  }

  @Test
  void aVariableThatIsNotSetNamesNone() {
    assertThat(named(folder.toString())).isEqualTo(folder);
    assertThat(named(" ")).isNull();
    assertThat(LibraryFolder.named(Map.of(), "MUNINN_X", List.of())).isNull();
  }
}
