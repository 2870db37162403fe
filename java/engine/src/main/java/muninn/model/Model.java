package muninn.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.Weights;
import muninn.text.ChatTemplate;
import muninn.text.Tokenizer;

/**
 * What an engine runs: a kind, a size, the weights of a {@link Layout}, and what turns text into
 * tokens and back. {@link Checkpoint} has it in files, {@link RandomModel} makes it up. Safe for
 * use by several threads.
 */
public interface Model extends AutoCloseable {

  /**
   * Opens what a user names: {@code random:…} ({@link RandomModel#of}) or a checkpoint's folder
   * ({@link Checkpoint#open}).
   *
   * @throws UserException saying what is wrong with it, and the remedy
   */
  static Model open(String name) {
    return name.startsWith(RandomModel.PREFIX)
        ? RandomModel.of(name)
        : Checkpoint.open(Path.of(name));
  }

  /** What the user called it. */
  String name();

  /** The folder it lies in; empty where it has no files. */
  Optional<Path> directory();

  /** What kind of model it is. */
  Architecture architecture();

  /** How large it is. */
  Config config();

  /** Its weights, and the tensors that hold them. */
  Layout layout();

  /** What it is made of, counted. */
  ModelCard card();

  /** Its tensors that lie in files, in file order. */
  List<Tensor> tensors();

  /**
   * Takes a matrix {@code [out, in]} to a device.
   *
   * @param format to keep it in; none: the device's choice, or as it is stored where it is coded
   */
  Weights matrix(Layout.Weight weight, Device device, Optional<Format> format);

  /** Takes a norm's weights or a bias to a device. */
  Buffer table(Layout.Weight weight, Device device);

  /**
   * The tokenizer, loaded at first use; empty where the model has none.
   *
   * @throws UserException when it is broken
   */
  Optional<Tokenizer> tokenizer();

  /**
   * How a conversation becomes a prompt.
   *
   * @throws UserException when the file that should say so is broken, or nothing says so
   */
  ChatTemplate chatTemplate();

  /**
   * Tokens at which generation stops by default.
   *
   * @throws UserException when a file that should name them is broken
   */
  Set<Integer> stopTokens();

  /** Frees what is open; nothing of it may be in use. A second call does nothing. */
  @Override
  void close();
}
