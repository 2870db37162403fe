package muninn.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranges through a library that only remembers them. */
class NvtxTest {
  @TempDir Path folder;

  private static final class Library extends NativeStub {
    Library(Path path, String... defines) {
      super(path, "/cuda/nvtx.cpp", defines);
    }
  }

  @Test
  void rangesBeginAndEndInEachOther() {
    Library library = new Library(folder.resolve("libnvtx3interop.so.1"));
    Nvtx nvtx = Nvtx.open(folder);

    try (Nvtx.Range _ = nvtx.range("tick")) {
      try (Nvtx.Range _ = nvtx.range("core")) {
        assertThat(nvtx.present()).isTrue();
      }
      try (Nvtx.Range _ = nvtx.range("core")) {
        assertThat(nvtx.present()).isTrue();
      }
    }

    assertThat(library.calls())
        .containsExactly("push tick", "push core", "pop", "push core", "pop", "pop");
  }

  @Test
  void theLibraryOfOlderToolkitsServesToo() {
    Library library = new Library(folder.resolve("libnvToolsExt.so.1"));

    Nvtx.open(folder).range("head").close();

    assertThat(library.calls()).containsExactly("push head", "pop");
  }

  @Test
  void aLibraryThatCannotEndARangeIsPassedOver() {
    Library partial = new Library(folder.resolve("libnvtx3interop.so.1"), "PARTIAL");
    Library whole = new Library(folder.resolve("libnvToolsExt.so.1"));

    Nvtx.open(folder).range("core").close();

    assertThat(partial.calls()).isEmpty();
    assertThat(whole.calls()).containsExactly("push core", "pop");
  }

  @Test
  void withoutALibraryRangesDoNothing() {
    Nvtx nvtx = Nvtx.open(folder, List.of("libnvtx-of-nobody.so"));

    assertThat(nvtx.present()).isFalse();
    try (Nvtx.Range core = nvtx.range("core")) {
      assertThat(core).isNotNull();
    }
  }
}
