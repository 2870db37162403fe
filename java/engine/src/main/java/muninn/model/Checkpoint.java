package muninn.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.Stored;
import muninn.kernels.Weights;
import muninn.text.ChatTemplate;
import muninn.text.StopTokens;
import muninn.text.Tokenizer;
import muninn.text.TokenizerConfig;
import muninn.text.TokenizerFile;

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
  private final Map<String, Tensor> tensors;
  private final Map<String, CodedTensor> coded;
  private final WeightFiles files;
  private Optional<TokenizerFile> tokenizerFile;
  private UserException tokenizerRefusal;
  private Optional<Tokenizer> tokenizer;
  private ChatTemplate chatTemplate;
  private Set<Integer> stopTokens;

  private Checkpoint(
      Path directory,
      Architecture architecture,
      Config config,
      Map<String, Tensor> tensors,
      Map<String, CodedTensor> coded,
      WeightFiles files) {
    this.directory = directory;
    this.architecture = architecture;
    this.config = config;
    layout = new Layout(architecture, config);
    this.tensors = tensors;
    this.coded = coded;
    this.files = files;
  }

  /**
   * Opens and checks a folder. {@code lm_head.weight}, where stored, must equal the embedding
   * (compared whole up to 4 MiB, by 64 rows above that), and {@code freqs_cis} the angles of the
   * config.
   *
   * @throws UserException naming file, field or tensor, what was found and wanted, and the remedy
   */
  public static Checkpoint open(Path directory) {
    requireDirectory(directory);
    ConfigReader.Stated stated = ConfigReader.read(directory.resolve(CheckpointFiles.CONFIG));
    WeightFiles files = new WeightFiles();
    try {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Path source = source(directory);
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
          directory, architecture, stated.config(), tensors, codes.matrices(), files);
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

  private static void requireDirectory(Path directory) {
    if (!Files.exists(directory)) {
      throw new UserException(
          directory + ": no such folder; give the folder of a checkpoint in Hugging Face layout");
    }
    if (!Files.isDirectory(directory)) {
      throw new UserException(
          directory + ": is not a folder; give the folder that holds config.json and the weights");
    }
  }

  /**
   * The one file of weights, or the index of the shards; one file wins, as in the published
   * loaders.
   */
  private static Path source(Path directory) {
    for (String name : List.of(CheckpointFiles.WEIGHTS, CheckpointFiles.INDEX)) {
      if (Files.exists(directory.resolve(name))) {
        return directory.resolve(name);
      }
    }
    throw UserException.of(
        "%s: holds no weights, wanted %s, or shards with %s; download them%s",
        directory,
        CheckpointFiles.WEIGHTS,
        CheckpointFiles.INDEX,
        Files.exists(directory.resolve("pytorch_model.bin"))
            ? " (pytorch_model.bin is not read, since such files run code when loaded)"
            : "");
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
    return List.copyOf(tensors.values());
  }

  /**
   * A tensor that the model needs; its presence, shape and type were checked by {@link #open}.
   * Names are in {@link Layout}.
   */
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no tensor " + name + " in the layout of this model");
    }
    return tensor;
  }

  /** The tensors that hold one of the layout's. */
  List<Tensor> asStored(String name) {
    CodedTensor codes = coded.get(name);
    return codes == null ? List.of(tensor(name)) : codes.parts();
  }

  /** What a tensor of the layout's is stored in. */
  Format formatOf(String name) {
    CodedTensor codes = coded.get(name);
    return codes == null ? new Format.Plain(tensor(name).dtype()) : codes.format();
  }

  /** A tensor of the layout's as a matrix. */
  Stored whole(String name, int rows, int columns) {
    CodedTensor codes = coded.get(name);
    Stored.Bytes bytes = codes == null ? tensor(name) : codes;
    return new Stored(rows, columns, List.of(new Stored.Piece(formatOf(name), bytes, 0, rows, 0)));
  }

  /** What the elements of a tensor, or the codes of a matrix, are stored as. */
  String typeOf(String name) {
    CodedTensor codes = coded.get(name);
    return codes == null ? tensor(name).type().name() : codes.format().label();
  }

  /** Bytes that a weight takes in the files. */
  long bytes(Layout.Weight weight) {
    return weight.pieces().stream()
        .mapToLong(
            piece -> {
              CodedTensor codes = coded.get(piece.tensor());
              if (codes != null) {
                return codes.bytes() * piece.rows() / codes.rows();
              }
              Tensor tensor = tensor(piece.tensor());
              return tensor.bytes() / rows(weight, tensor) * piece.rows();
            })
        .sum();
  }

  /** In what a weight's pieces are counted: rows of a matrix, elements of all else. */
  private static long rows(Layout.Weight weight, Tensor tensor) {
    return weight.isMatrix() ? tensor.shape().getFirst() : tensor.elements();
  }

  @Override
  public Weights matrix(Layout.Weight weight, Device device, Optional<Format> format) {
    Stored stored = stored(weight, weight.columns());
    return format.map(to -> device.weights(stored, to)).orElseGet(() -> device.weights(stored));
  }

  @Override
  public Buffer table(Layout.Weight weight, Device device) {
    Stored stored = stored(weight, 1);
    DType dtype = tensor(weight.pieces().getFirst().tensor()).dtype();
    // Closing an arena stops every thread for a moment, which a few kilobytes are not worth.
    MemorySegment data = Arena.ofAuto().allocate(weight.elements() * dtype.bytes());
    stored.pieces().getFirst().read(0, 1, data);
    return device.table(dtype, weight.rows(), weight.columns(), data);
  }

  /**
   * Where a weight's pieces lie.
   *
   * @param columns elements of what the pieces count
   */
  private Stored stored(Layout.Weight weight, int columns) {
    List<Stored.Piece> pieces =
        weight.pieces().stream()
            .map(
                piece -> {
                  CodedTensor codes = coded.get(piece.tensor());
                  if (codes != null) {
                    return new Stored.Piece(
                        codes.format(), codes, piece.from(), piece.rows(), piece.halves());
                  }
                  Tensor tensor = tensor(piece.tensor());
                  return new Stored.Piece(
                      tensor.dtype(), tensor, piece.from(), piece.rows(), piece.halves());
                })
            .toList();
    return new Stored(Math.toIntExact(weight.elements() / columns), columns, pieces);
  }

  /**
   * The tokenizer, loaded at first use; empty where the folder has no {@code tokenizer.json}.
   *
   * @throws UserException when the tokenizer is broken, of another kind, or larger than the
   *     embedding
   */
  @Override
  public synchronized Optional<Tokenizer> tokenizer() {
    if (tokenizer == null) {
      String begin = TokenizerConfig.read(directory).begin().orElse(null);
      tokenizer = tokenizerFile().map(file -> file.open(begin, config.blockSize()));
    }
    return tokenizer;
  }

  /** Read once, refused as often as it is asked for: each line of a job may ask. */
  private synchronized Optional<TokenizerFile> tokenizerFile() {
    if (tokenizerRefusal != null) {
      throw tokenizerRefusal;
    }
    if (tokenizerFile == null) {
      Path file = directory.resolve(TokenizerFile.NAME);
      try {
        tokenizerFile =
            Files.exists(file)
                ? Optional.of(TokenizerFile.read(file, config.vocabulary()))
                : Optional.empty();
      } catch (UserException e) {
        tokenizerRefusal = e;
        throw e;
      }
    }
    return tokenizerFile;
  }

  /**
   * The folder's own chat template ({@code chat_template.jinja}, or the one in {@code
   * tokenizer_config.json}), or Huginn's where the tokenizer has its special tokens; read at first
   * use.
   *
   * @throws UserException when the file that should hold it is broken, or there is none
   */
  @Override
  public synchronized ChatTemplate chatTemplate() {
    if (chatTemplate == null) {
      chatTemplate =
          ChatTemplate.of(
              directory,
              TokenizerConfig.read(directory),
              text -> tokenizerFile().map(file -> file.addedId(text)).isPresent());
    }
    return chatTemplate;
  }

  /**
   * Tokens at which generation stops by default: {@code eos_token_id} of {@code config.json} and
   * {@code generation_config.json}, {@code eos_token} of {@code tokenizer_config.json}, and the
   * tokenizer's {@code <|end_text|>}, {@code <|end_turn|>} and {@code <|begin_text|>}; empty where
   * the folder names none. Read at first use.
   *
   * @throws UserException when one of these files is broken
   */
  @Override
  public synchronized Set<Integer> stopTokens() {
    if (stopTokens == null) {
      stopTokens =
          StopTokens.read(directory, config.vocabulary(), tokenizerFile().map(file -> file::id));
    }
    return stopTokens;
  }

  /** Unmaps the files; the tensors must no longer be in use. A second call does nothing. */
  @Override
  public synchronized void close() {
    files.close();
  }
}
