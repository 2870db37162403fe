package muninn.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostCacheTest {
  @TempDir Path caches;

  @Test
  void theLargestCacheIsTheLast() throws IOException {
    cache("index0", "48K\n");
    cache("index3", "32768K\n");
    cache("index2", "2M\n");

    assertThat(HostCache.bytes(caches)).isEqualTo(32L << 20);
  }

  @Test
  void whatIsNotToldIsNotKnown() throws IOException {
    assertThat(HostCache.bytes(caches.resolve("missing"))).isZero();
    cache("index0", "many\n");
    assertThat(HostCache.bytes(caches)).isZero();
  }

  private void cache(String index, String size) throws IOException {
    Files.writeString(Files.createDirectory(caches.resolve(index)).resolve("size"), size);
  }
}
