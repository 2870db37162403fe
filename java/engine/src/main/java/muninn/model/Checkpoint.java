package muninn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.Stored;
import muninn.kernels.Weights;
import muninn.text.ChatTemplate;
import muninn.text.Tokenizer;

/**
 * A checkpoint folder in Hugging Face layout, checked whole against its config before anything
 * runs; its files stay open until {@link #close}. Opening runs nothing from the folder and reads no
 * file outside it, other than through links that bear one of the layout's own file names. Safe for
 * use by several threads.
 */
public final class Checkpoint implements Model {
  private final Path directory;
  private final Architecture architecture;
  private final Config config;
  private final Layout layout;
  private final StoredWeights weights;
  private final CheckpointText text;
  private final WeightFiles files;

  private Checkpoint(
      Path directory,
      Architecture architecture,
      Config config,
      StoredWeights weights,
      WeightFiles files) {
    this.directory = directory;
    this.architecture = architecture;
    this.config = config;
    layout = new Layout(architecture, config);
    this.weights = weights;
    text = new CheckpointText(directory, config);
    this.files = files;
  }

  /**
   * Opens and checks a folder. {@code lm_head.weight}, where stored, must equal the embedding
   * (compared whole up to 4 MiB, by 64 rows above that), and {@code freqs_cis} the angles of the
   * config.
   *
   * @throws muninn.UserException naming file, field or tensor, what was found and wanted, and the
   *     remedy
   */
  public static Checkpoint open(Path directory) {
    FolderCheck.require(directory);
    ConfigReader.Stated stated = ConfigReader.read(directory.resolve(CheckpointFiles.CONFIG));
    WeightFiles files = new WeightFiles();
    try {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Path source = FolderCheck.weights(directory);
      List<Tensor> found =
          source.endsWith(CheckpointFiles.WEIGHTS)
              ? Safetensors.open(source, files)
              : ShardIndex.read(source).open(files);
      found.forEach(tensor -> tensors.put(tensor.name(), tensor));
      CodedTensors.Found codes =
          stated
              .quantisation()
              .map(quantisation -> CodedTensors.among(quantisation, tensors))
              .orElse(CodedTensors.Found.NONE);
      Set<String> names = new HashSet<>(tensors.keySet());
      names.removeAll(codes.parts());
      names.addAll(codes.matrices().keySet());
      Architecture architecture = fitting(stated.kinds(), names);
      new TensorCheck(source, architecture, stated.config(), tensors, codes).run();
      return new Checkpoint(
          directory,
          architecture,
          stated.config(),
          new StoredWeights(tensors, codes.matrices()),
          files);
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  /** The kind of model whose first block these tensors make up; the first kind where none fits. */
  private static Architecture fitting(List<Architecture> kinds, Set<String> names) {
    return kinds.stream()
        .filter(
            kind -> {
              String at = kind.stages().get(Stage.CORE) + ".0.";
              long stored = names.stream().filter(name -> name.startsWith(at)).count();
              return kind.block().names().map(at::concat).filter(names::contains).count() == stored;
            })
        .findFirst()
        .orElse(kinds.getFirst());
  }

  /** The folder as it was given to {@link #open}. */
  @Override
  public String name() {
    return directory.toString();
  }

  @Override
  public Optional<Path> directory() {
    return Optional.of(directory);
  }

  @Override
  public Architecture architecture() {
    return architecture;
  }

  @Override
  public Config config() {
    return config;
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public ModelCard card() {
    return ModelCard.of(this);
  }

  /**
   * The tensors of the model in file order, extra copies ({@code lm_head}, {@code freqs_cis})
   * included.
   */
  @Override
  public List<Tensor> tensors() {
    return List.copyOf(weights.tensors().values());
  }

  /** Where the layout's tensors lie. */
  StoredWeights stored() {
    return weights;
  }

  @Override
  public Weights matrix(Layout.Weight weight, Device device, Optional<Format> format) {
    Stored stored = weights.of(weight, weight.columns());
    return format.map(to -> device.weights(stored, to)).orElseGet(() -> device.weights(stored));
  }

  @Override
  public Buffer table(Layout.Weight weight, Device device) {
    Stored stored = weights.of(weight, 1);
    DType dtype = weights.tensor(weight.pieces().getFirst().tensor()).dtype();
    // Closing an arena stops every thread for a moment, which a few kilobytes are not worth.
    MemorySegment data = Arena.ofAuto().allocate(weight.elements() * dtype.bytes());
    stored.pieces().getFirst().read(0, 1, data);
    return device.table(dtype, weight.rows(), weight.columns(), data);
  }

  /**
   * {@inheritDoc} It lies in {@code tokenizer.json}.
   *
   * @throws muninn.UserException when the tokenizer is broken, of another kind, or larger than the
   *     embedding
   */
  @Override
  public Optional<Tokenizer> tokenizer() {
    return text.tokenizer();
  }

  /**
   * The folder's own chat template ({@code chat_template.jinja}, or the one in {@code
   * tokenizer_config.json}), or Huginn's where the tokenizer has its special tokens.
   *
   * @throws muninn.UserException when the file that should hold it is broken, or there is none
   */
  @Override
  public ChatTemplate chatTemplate() {
    return text.chatTemplate();
  }

  /**
   * {@inheritDoc} They are {@code eos_token_id} of {@code config.json} and {@code
   * generation_config.json}, {@code eos_token} of {@code tokenizer_config.json}, and the
   * tokenizer's {@code <|end_text|>}, {@code <|end_turn|>} and {@code <|begin_text|>}.
   *
   * @throws muninn.UserException when one of these files is broken
   */
  @Override
  public Set<Integer> stopTokens() {
    return text.stopTokens();
  }

  /** Unmaps the files; the tensors must no longer be in use. A second call does nothing. */
  @Override
  public synchronized void close() {
    files.close();
  }
}
