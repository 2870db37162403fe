package muninn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import muninn.UserException;
import muninn.model.Checkpoint;
import muninn.model.Conversion;
import muninn.model.Fixture;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights in float64 are those that they are nearest to in float32. */
class DoubleWeightsTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  @TempDir private Path temporary;

  @ParameterizedTest
  @CsvSource({
    "raven-nano, float32",
    "raven-nano, bfloat16",
    "retrofit-llama3-nano, float32",
    "ouro-nano, float32"
  })
  void theyAnswerAsTheSameInFloat32(String name, String dtype) {
    Path widened = Fixture.copyWidened(name, temporary);
    assertThat(logits(widened, dtype))
        .containsExactlyElementsOf(logits(Fixture.golden(name), dtype));
  }

  @Test
  void theyAreCodedAsTheSameInFloat32() {
    Path coded = temporary.resolve("coded");
    try (Checkpoint checkpoint =
        Checkpoint.open(Fixture.copyWidened("raven-nano", temporary.resolve("wide")))) {
      assertThat(checkpoint.card().dtypes()).containsOnlyKeys("F64");
      Conversion.write(checkpoint, coded, new WeightChoice("int8", ""), _ -> {});
    }
    Path plain = temporary.resolve("plain");
    try (Checkpoint checkpoint = Checkpoint.open(Fixture.golden("raven-nano"))) {
      Conversion.write(checkpoint, plain, new WeightChoice("int8", ""), _ -> {});
    }
    assertThat(logits(coded, "float32")).containsExactlyElementsOf(logits(plain, "float32"));
  }

  @Test
  void oneThatFloat32CannotHoldIsRefused() {
    Path folder = Fixture.copyWidened("raven-nano", temporary);
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Fixture.read(weights);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putDouble(bytes.length - 8, 1e39);
    Fixture.write(weights, bytes);
    assertThatThrownBy(() -> logits(folder, "float32"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("not numbers, or too large for float32, one of them Infinity");
  }

  private static List<float[]> logits(Path folder, String dtype) {
    DeviceOptions cpu = new DeviceOptions("cpu", 2, dtype, "auto", 0.9, false, "auto", "");
    try (Engine engine = Engine.open(folder, new EngineOptions(cpu, 64, 4, 8, 64L << 20))) {
      return engine.inspect(PROMPT, 4, 0, 0).logits();
    }
  }
}
