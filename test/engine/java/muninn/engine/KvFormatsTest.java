package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.engine.request.Request;
import muninn.model.Model;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keys and values of every format on the CPU: what is said in one is the same to the bit alone and
 * in a batch, guessed and thought to the end, found again and thought anew, set back and not.
 */
class KvFormatsTest {
  private static final Path SUMS = Path.of("../../weights/raven-sums");

  private static DeviceOptions cpu(String kv) {
    return DeviceOptions.cpu(2).withKvDtype(kv);
  }

  @Nested
  class MixturesInInt8 extends MixtureTest {
    @Override
    DeviceOptions device() {
      return cpu("int8");
    }

    @Override
    int requests() {
      return 30;
    }
  }

  @Nested
  class MixturesInBfloat16 extends MixtureTest {
    @Override
    DeviceOptions device() {
      return cpu("bfloat16");
    }

    @Override
    int requests() {
      return 20;
    }
  }

  @Nested
  class SetBacksInInt8 extends SetBackTest {
    static LongStream seeds() {
      return LongStream.rangeClosed(1, 2);
    }

    @Override
    DeviceOptions device() {
      return cpu("int8");
    }

    @Override
    int requests() {
      return 30;
    }
  }

  @Nested
  class SetBacksInFp8 extends SetBackTest {
    static LongStream seeds() {
      return LongStream.rangeClosed(3, 4);
    }

    @Override
    DeviceOptions device() {
      return cpu("fp8");
    }

    @Override
    int requests() {
      return 30;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "bfloat16", "fp8", "int8"})
  void theBundledModelAddsInEachFormat(String kv) {
    try (Engine engine = Engine.open(SUMS, new EngineOptions(cpu(kv), 64, 16, 16, 64L << 20))) {
      for (String sum : List.of("12+34=46", "348+27+915=1290", "7+8=15", "999+1=1000")) {
        String prompt = sum.substring(0, sum.indexOf('=') + 1);
        int[] ids = engine.model().tokenizer().orElseThrow().encodePrompt(prompt);
        String said = engine.submit(Request.of(ids, 16, 8)).completion().join().text();
        assertThat(prompt + said.strip()).isEqualTo(sum);
      }
    }
  }

  @Test
  void smallerKeysLetMoreTokensIntoTheSameMemory() {
    int[] pages =
        Stream.of("float32", "bfloat16", "int8").mapToInt(KvFormatsTest::pagesOf1MiB).toArray();
    assertThat(pages[1] / 2).isEqualTo(pages[0]);
    assertThat(pages[2]).isGreaterThan(3 * pages[0]);
  }

  private static int pagesOf1MiB(String kv) {
    AtomicInteger total = new AtomicInteger();
    Monitor monitor =
        new Monitor() {
          @Override
          public void tickEnds(Tick tick) {
            total.set(tick.pages().total());
          }
        };
    EngineOptions options = new EngineOptions(cpu(kv), 8, 64, 16, 1L << 20);
    try (Engine engine =
        Engine.open(Model.open(Golden.folder("raven-nano").toString()), options, monitor)) {
      engine.submit(Request.of(new int[] {1, 2, 3}, 2, 2)).completion().join();
    }
    return total.get();
  }

  @Test
  void whatADeviceDoesNotKeepIsRefusedWithWhatItKeeps() {
    assertThatThrownBy(() -> cpu("fp4"))
        .isInstanceOf(UserException.class)
        .hasMessage("kv_dtype 'fp4' is not known: use one of auto, float32, bfloat16, fp8, int8");
  }
}
