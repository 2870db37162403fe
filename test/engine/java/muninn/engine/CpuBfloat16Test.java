package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import muninn.engine.request.Request;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Answers of a CPU that computes in bfloat16: exact within that. */
class CpuBfloat16Test {
  private static final Path SUMS = Path.of("../../weights/raven-sums");
  private static final DeviceOptions DEVICE =
      new DeviceOptions("cpu", 2, "bfloat16", "auto", 0.9, false, "auto", "");

  @Nested
  class Mixtures extends MixtureTest {
    @Override
    DeviceOptions device() {
      return DEVICE;
    }

    @Override
    int requests() {
      return 30;
    }
  }

  @Test
  void theBundledModelAdds() {
    try (Engine engine = Engine.open(SUMS, new EngineOptions(DEVICE, 64, 16, 16, 64L << 20))) {
      for (String sum : List.of("12+34=46", "348+27+915=1290", "7+8=15", "999+1=1000")) {
        String prompt = sum.substring(0, sum.indexOf('=') + 1);
        int[] ids = engine.model().tokenizer().orElseThrow().encodePrompt(prompt);
        String said = engine.submit(Request.of(ids, 16, 8)).completion().join().text();
        assertThat(prompt + said.strip()).isEqualTo(sum);
      }
    }
  }
}
