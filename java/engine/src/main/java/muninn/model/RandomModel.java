package muninn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.Weights;
import muninn.text.ChatTemplate;
import muninn.text.Tokenizer;

/**
 * A model of some shape that nobody trained: no files, no tokenizer, weights that the device fills
 * by itself from a seed. It says nothing, but at the speed at which a trained model of that shape
 * would, so speed can be measured without the files.
 *
 * <p>The weights are as a training would begin with them in the family's own code: {@link
 * Initialisation}; norms 1, biases 0.
 */
public final class RandomModel implements Model {
  /** How the name of such a model begins. */
  public static final String PREFIX = "random:";

  private final String name;
  private final RandomShape shape;
  private final Layout layout;
  private final List<Layout.Weight> weights;

  private RandomModel(String name, RandomShape shape) {
    this.name = name;
    this.shape = shape;
    layout = new Layout(shape.architecture(), shape.config());
    weights = layout.weights().toList();
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

  /** Names of small models, one of each family, for what is asked of them all. */
  public static List<String> smallOfEachFamily() {
    return RandomShape.small();
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
  public Architecture architecture() {
    return shape.architecture();
  }

  @Override
  public Config config() {
    return shape.config();
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public ModelCard card() {
    return ModelCard.of(layout, shape.config());
  }

  @Override
  public List<Tensor> tensors() {
    return List.of();
  }

  @Override
  public Weights matrix(Layout.Weight weight, Device device, Optional<Format> format) {
    return device.randomWeights(
        seed(weight),
        weight.rows(),
        weight.columns(),
        sigma(weight),
        format.orElseGet(() -> device.weightFormat(DType.BF16)));
  }

  @Override
  public Buffer table(Layout.Weight weight, Device device) {
    SplittableRandom random = new SplittableRandom(seed(weight));
    MemorySegment data = Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, weight.elements());
    for (long i = 0; i < weight.elements(); i++) {
      double value =
          switch (weight.role()) {
            case NORM -> 1;
            case BIAS -> 0;
            case GATE -> sigma(weight) * random.nextGaussian();
            case MATRIX, RESIDUAL -> throw new IllegalArgumentException(weight.name());
          };
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
    }
    return device.table(DType.F32, weight.rows(), weight.columns(), data);
  }

  /** Of one weight: neighbouring seeds and weights get keys that have nothing in common. */
  private long seed(Layout.Weight weight) {
    return shape.seed() * 0x9E3779B97F4A7C15L + weights.indexOf(weight);
  }

  private float sigma(Layout.Weight weight) {
    return (float) shape.beginning().deviation(weight, config());
  }

  @Override
  public Optional<Tokenizer> tokenizer() {
    return Optional.empty();
  }

  @Override
  public ChatTemplate chatTemplate() {
    throw UserException.of(
        "%s: nobody trained it to talk: give token ids, or a trained model's folder", name);
  }

  /** None: it ends when it is cut off. */
  @Override
  public Set<Integer> stopTokens() {
    return Set.of();
  }

  @Override
  public void close() {}
}
