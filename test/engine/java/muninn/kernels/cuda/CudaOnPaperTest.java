package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import muninn.cuda.Blas;
import muninn.cuda.CublasLtStub;
import muninn.cuda.Emulated;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.kernels.PaperDevice;
import muninn.kernels.Sequences;
import muninn.model.Config;
import muninn.model.Model;
import muninn.model.RandomModel;
import muninn.model.WeightChoice;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a CUDA device takes of its memory is what the one on paper says, to the byte, as the
 * emulated device counts what is allocated and not freed.
 */
class CudaOnPaperTest {
  private static final String SMALL =
      "random:d=64,heads=4,ffn=96,vocab=512,layers=1/2/1,context=128";
  private static final int ROWS = 300; // more than a library's products begin with
  private static final int SEQUENCES = 5;
  private static final int POSITIONS = 70;
  private static final int SLOTS = 9;
  private static final int PAGES = 7;

  @TempDir private Path folder;

  private static long taken(CudaDevice device) {
    Assumptions.assumeFalse(TestDevice.isGpu(), "a GPU's driver takes memory in larger pieces");
    long total = Emulated.driver().gpu(0).totalBytes();
    return total - device.grantedBytes();
  }

  private static CudaOptions options(DType dtype, Format kv, boolean library) {
    return new CudaOptions(dtype, Optional.of(kv), 1, !library, library ? "auto" : "own", "");
  }

  private CudaDevice open(DType dtype, Format kv, boolean library) {
    if (!library) {
      return TestDevice.open(options(dtype, kv, false));
    }
    new CublasLtStub(folder, "libcublasLt.so.12");
    return TestDevice.open(options(dtype, kv, true), new CublasLtProvider(folder));
  }

  static Stream<Arguments> kinds() {
    Stream<Arguments> families =
        RandomModel.smallOfEachFamily().stream()
            .map(name -> Arguments.of(name, DType.BF16, Format.BF16, "auto", true));
    Stream<Arguments> formats =
        Stream.of(
            Arguments.of(SMALL, DType.BF16, Format.BF16, "auto", false),
            Arguments.of(SMALL, DType.F32, Format.F32, "auto", false),
            Arguments.of(SMALL, DType.BF16, KvCache.FP8, "int8", false),
            Arguments.of(SMALL, DType.BF16, KvCache.INT8, "int4", true));
    return Stream.concat(families, formats);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void whatIsTakenIsWhatThePaperSays(
      String name, DType dtype, Format kv, String weights, boolean library) {
    WeightChoice choice = new WeightChoice(weights, "");
    try (Model model = Model.open(name);
        CudaDevice device = open(dtype, kv, library)) {
      PaperDevice paper = device.onPaper().orElseThrow();
      Parameters there = Parameters.load(model, device, choice);
      Parameters onPaper = Parameters.load(model, paper, choice);
      assertThat(taken(device)).isEqualTo(paper.weightBytes() + paper.memory().deviceBytes());
      long before = taken(device);
      long weightsBefore = paper.weightBytes();
      outfit(model, device, there);
      outfit(model, paper, onPaper);
      long page = paper.kvPageBytes(model.config().kvHeads(), model.config().headWidth());
      assertThat(taken(device) - before)
          .isEqualTo(
              paper.weightBytes()
                  - weightsBefore
                  + paper.bufferBytes()
                  + paper.memory().workBytes()
                  + PAGES * page);
      assertThat(paper.memory().workBytes()).isPositive();
      assertThat(paper.memory().deviceBytes() > Blas.WORKSPACE_BYTES).isEqualTo(library);
    }
  }

  private static void outfit(Model model, Device device, Parameters parameters) {
    Config config = model.config();
    KvCache cache = device.kvCache(PAGES, config.kvHeads(), config.headWidth());
    Sequences sequences = device.sequences(SEQUENCES, POSITIONS, SLOTS);
    new Forward(model.architecture(), config, parameters, device, cache, sequences, ROWS);
    device.lanes(ROWS);
    device.lanes(3);
  }
}
