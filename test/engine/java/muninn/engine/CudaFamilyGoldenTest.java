package muninn.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;

/**
 * The same through the CUDA kernels, in float32: a third of the cases, those at the largest depth
 * of their prompt, or all of them with {@code -Dmuninn.allGoldens=true}.
 */
@Tag("gpu")
class CudaFamilyGoldenTest extends FamilyGoldenTest {
  @Override
  EngineOptions options() {
    return new EngineOptions(OnCuda.device("float32"), 64, 4, 16, 64L << 20);
  }

  @Override
  List<JsonNode> cases(String checkpoint, String kind) {
    List<JsonNode> all = super.cases(checkpoint, kind);
    if (Boolean.getBoolean("muninn.allGoldens")) {
      return all;
    }
    return all.size() < 3
        ? all.subList(0, 1)
        : IntStream.range(0, all.size()).filter(i -> i % 3 == 2).mapToObj(all::get).toList();
  }
}
