package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;
import muninn.kernels.Ops;
import muninn.kernels.Program;
import muninn.kernels.Program.Role;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Variant;
import muninn.kernels.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Several kernels do the same; which is taken is a matter of speed alone, and can be chosen. */
class VariantsTest {
  private static final Map<String, List<String>> KNOWN =
      Map.of(
          "attention", List.of("split", "run"),
          "linear_add", List.of("n8", "n16"),
          "linear_store", List.of("n8", "n16"));

  @ParameterizedTest
  @CsvSource({"F32, 1", "F32, 9", "F32, 70", "BF16, 1", "BF16, 9", "BF16, 70"})
  void everyVariantOfAProductGivesTheSameBits(DType dtype, int n) {
    try (CudaDevice device = TestDevice.open(dtype)) {
      Weights weights = device.randomWeights(3, 72, 104, 0.1f);
      Buffer x = device.operand(n, 104);
      Buffer residual = device.buffer(n, 72);
      Buffer sum = device.buffer(n, 72);
      Buffer gated = device.operand(n, 36);
      Lanes lanes = lanes(device, n);
      fill(device, lanes, x, residual);
      for (Op.Product op :
          List.of(
              product(x, weights, new Epilogue.Store(sum)),
              product(x, weights, new Epilogue.Add(residual, sum)),
              product(x, weights, new Epilogue.Gate(gated)))) {
        Buffer out = op.then() instanceof Epilogue.Gate ? gated : sum;
        Program program = Program.of(Role.CORE, op);
        device.prepare(program).run(lanes);
        List<float[]> wanted = rows(device, out, n);
        List<Variant> variants = device.variants(op);
        assertThat(variants).hasSizeGreaterThan(2);
        assertThat(variants.stream().filter(one -> one.isFor(n))).hasSize(1);
        for (Variant variant : variants) {
          device.prepare(Program.of(Role.CORE, new Op.Clear(out))).run(lanes);
          device.prepare(program, variant).run(lanes);
          assertThat(rows(device, out, n)).as(variant.toString()).containsExactlyElementsOf(wanted);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void whatAUserChoosesIsTakenAndWhatIsNotThereIsRefusedWithTheList(DType dtype) {
    try (CudaDevice device = TestDevice.open(options(dtype, "linear=n64, attention=run"))) {
      assertThat(device.name()).isNotEmpty();
    }
    assertThatThrownBy(() -> TestDevice.open(options(dtype, "linear_add=n7")))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "kernels is 'linear_add=n7', and linear_add has no variant 'n7' on this device: use"
                + " one of "
                + (dtype == DType.F32 ? "n1, n8, n64" : "n8, n16, n32, n64"));
  }

  @Test
  void choicesSayWhichOperationsAndVariantsThereAre() {
    assertThat(Choices.of("", KNOWN)).isEqualTo(Choices.NONE);
    assertThat(Choices.of("linear=n16,attention=split", KNOWN).byOperation())
        .isEqualTo(Map.of("linear_add", "n16", "linear_store", "n16", "attention", "split"));
    assertThat(Choices.of("linear=n16,linear_add=n8", KNOWN).of("linear_add")).contains("n8");
    for (String wrong : List.of("mlp=n8", "n8", "=n8", ",", "linear")) {
      assertThatThrownBy(() -> Choices.of(wrong, KNOWN))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("names no operation that has variants")
          .hasMessageContaining("attention split|run")
          .hasMessageContaining("linear_add n8|n16");
    }
  }

  private static CudaOptions options(DType dtype, String kernels) {
    return new CudaOptions(dtype, Optional.empty(), 0.9, true, "own", kernels);
  }

  private static Op.Product product(Buffer x, Weights weights, Epilogue then) {
    return new Op.Product("product", new Source.Table(x), weights, then);
  }

  private static Lanes lanes(CudaDevice device, int n) {
    Lanes lanes = device.lanes(n);
    for (int m = 0; m < n; m++) {
      lanes.add(m, 0, m, 0, m);
    }
    return lanes;
  }

  /** Rows of made-up weights, as an embedding brings them. */
  private static void fill(CudaDevice device, Lanes lanes, Buffer... buffers) {
    Random random = new Random(5);
    for (Buffer buffer : buffers) {
      Buffer wide = device.buffer(buffer.rows(), buffer.columns());
      Weights table = device.randomWeights(random.nextLong(), lanes.size(), buffer.columns(), 1);
      var sequences = device.sequences(1, lanes.size(), 1);
      sequences.open(0, new SequenceParameters(0, 0, 0, 0, 1, 0, 1, -1));
      Ops.embed(device, lanes, table, 1, device.sampled(1), sequences, wide);
      device.prepare(Program.of(Role.CORE, new Op.Move(wide, buffer))).run(lanes);
    }
  }

  private static List<float[]> rows(CudaDevice device, Buffer buffer, int n) {
    List<float[]> rows = new ArrayList<>();
    for (int m = 0; m < n; m++) {
      rows.add(device.read(buffer, m));
    }
    return rows;
  }
}
