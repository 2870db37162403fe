package muninn.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A checkpoint folder in Hugging Face layout, checked whole against its config before anything runs; the
 * tensors stay memory-mapped until {@link #close}.
 */
public final class Checkpoint implements AutoCloseable {

  /**
   * Opens and checks a folder.
   *
   * @throws muninn.UserException naming file, field or tensor, what was found and wanted, and the remedy
   */
  public static Checkpoint open(Path directory) {
    throw new IllegalStateException("soon");
  }

  public Path directory() {
    throw new IllegalStateException("soon");
  }

  public Config config() {
    throw new IllegalStateException("soon");
  }

  /** The tensors of the model in file order, extra copies ({@code lm_head}, {@code freqs_cis}) included. */
  public List<Tensor> tensors() {
    throw new IllegalStateException("soon");
  }

  /** A tensor that the model needs; its presence, shape and type were checked by {@link #open}. */
  public Tensor tensor(String name) {
    throw new IllegalStateException("soon");
  }

  /** The tokenizer, loaded at first use; empty where the folder has no {@code tokenizer.json}. */
  public Optional<Tokenizer> tokenizer() {
    throw new IllegalStateException("soon");
  }

  /** The folder's own chat template, or Huginn's. */
  public ChatTemplate chatTemplate() {
    throw new IllegalStateException("soon");
  }

  /** Tokens at which generation stops by default. */
  public Set<Integer> stopTokens() {
    throw new IllegalStateException("soon");
  }

  @Override
  public void close() {}
}
