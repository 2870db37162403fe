package muninn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.kernels.DType;
import muninn.model.SafetensorsWriter.Block;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir private Path folder;

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(
        file,
        Map.of("note", "a \"quoted\" word, ‖s‖"),
        List.of(
            new Block(
                "states",
                List.of(2, 1, 3),
                Stream.of(new float[] {1, 2, 3}, new float[] {-4, 0.5f, Float.MIN_VALUE})),
            new Block("none", List.of(0, 3), Stream.of()),
            new Block("mean", List.of(1), Stream.of(new float[] {7}))));

    try (WeightFiles files = new WeightFiles()) {
      List<Tensor> tensors = Safetensors.open(file, files);
      Tensor states =
          tensors.stream().filter(t -> t.name().equals("states")).findFirst().orElseThrow();
      assertThat(states.dtype()).isEqualTo(DType.F32);
      assertThat(states.shape()).containsExactly(2L, 1L, 3L);
      assertThat(DType.F32.read(states.data(), 3)).isEqualTo(-4);
      assertThat(DType.F32.read(states.data(), 5)).isEqualTo(Float.MIN_VALUE);
      assertThat(states.data().address() % 8).isZero();
      assertThat(tensors.stream().map(Tensor::name))
          .containsExactlyInAnyOrder("states", "none", "mean");
    }
  }

  @Test
  void aTensorMustHaveTheElementsOfItsShape() {
    List<Block> blocks = List.of(new Block("a", List.of(2), Stream.of(new float[] {1})));
    assertThatThrownBy(() -> SafetensorsWriter.write(folder.resolve("b"), Map.of(), blocks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a of shape [2] takes 8 bytes, not 4");
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed() {
    assertThatThrownBy(() -> SafetensorsWriter.write(folder.resolve("no/b"), Map.of(), List.of()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("cannot write " + folder.resolve("no/b"));
  }
}
