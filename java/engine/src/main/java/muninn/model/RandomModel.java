package muninn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Weights;

/**
 * A model of some shape that nobody trained: no files, no tokenizer, weights that the device fills
 * by itself from a seed. It says nothing, but at the speed at which a trained model of that shape
 * would, so speed can be measured without the files.
 *
 * <p>The weights are as a training would begin with them (Takase et al. 2023, "Spike No More"):
 * normal with {@code σ = sqrt(2/(5d))}, those that add to the residual stream with {@code σ /
 * sqrt(2·L)}, L = P + r·C + Q being the blocks that a token passes; norms 1, biases 0.
 */
public final class RandomModel implements Model {
  /** How the name of such a model begins. */
  public static final String PREFIX = "random:";

  private final String name;
  private final RandomShape shape;
  private final List<Layout.Expected> layout;

  private RandomModel(String name, RandomShape shape) {
    this.name = name;
    this.shape = shape;
    this.layout = Layout.expected(shape.config()).toList();
  }

  /**
   * The model that a name like {@code random:huginn-0125}, {@code random:1024x8x3456} or {@code
   * random:d=1024,heads=8,ffn=3456,layers=1/2/1,seed=7} describes; see {@link RandomShape}.
   *
   * @throws muninn.UserException saying what is wrong with the name
   */
  public static RandomModel of(String name) {
    return new RandomModel(name, RandomShape.parse(name));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<Path> directory() {
    return Optional.empty();
  }

  @Override
  public Config config() {
    return shape.config();
  }

  @Override
  public ModelCard card() {
    return ModelCard.of(shape.config());
  }

  @Override
  public List<Tensor> tensors() {
    return List.of();
  }

  @Override
  public Weights matrix(String tensor, Device device) {
    int index = index(tensor);
    List<Long> size = layout.get(index).shape();
    int rows = Math.toIntExact(size.get(0));
    int columns = Math.toIntExact(size.get(1));
    return device.randomWeights(seed(index), rows, columns, sigma(tensor));
  }

  @Override
  public Buffer table(String tensor, Device device) {
    Layout.Expected expected = layout.get(index(tensor));
    int width = config().width();
    int rows = Math.toIntExact(expected.elements() / width);
    float value = expected.shape().size() == 1 ? 1 : 0; // norms are vectors, biases are not
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate(ValueLayout.JAVA_FLOAT, (long) rows * width);
      for (long i = 0; i < (long) rows * width; i++) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      }
      return device.table(DType.F32, rows, width, data);
    }
  }

  private int index(String tensor) {
    for (int i = 0; i < layout.size(); i++) {
      if (layout.get(i).name().equals(tensor)) {
        return i;
      }
    }
    throw new IllegalArgumentException("no tensor " + tensor + " in the layout of this model");
  }

  /** Of one tensor: neighbouring seeds and tensors get keys that have nothing in common. */
  private long seed(int index) {
    return shape.seed() * 0x9E3779B97F4A7C15L + index;
  }

  private float sigma(String tensor) {
    Config config = config();
    double sigma = Math.sqrt(2.0 / (5.0 * config.width()));
    int blocks = config.prelude() + config.meanRecurrence() * config.core() + config.coda();
    return (float) (residual().contains(tensor) ? sigma / Math.sqrt(2.0 * blocks) : sigma);
  }

  /** The matrices whose products are added to the residual stream. */
  private List<String> residual() {
    List<String> names = new ArrayList<>();
    for (Stage stage : Stage.values()) {
      for (int i = 0; i < stage.blocks(config()); i++) {
        names.add(Layout.block(stage, i).attnProj());
        names.add(Layout.block(stage, i).mlpProj());
      }
    }
    return names;
  }

  @Override
  public Optional<Tokenizer> tokenizer() {
    return Optional.empty();
  }

  @Override
  public ChatTemplate chatTemplate() {
    return new HuginnTemplate();
  }

  /** None: it ends when it is cut off. */
  @Override
  public Set<Integer> stopTokens() {
    return Set.of();
  }

  @Override
  public void close() {}
}
