package muninn.engine;

import java.nio.file.Path;
import java.util.List;
import muninn.model.Checkpoint;

/**
 * A loaded model that answers requests. One platform thread owns the device and runs the ticks; {@link
 * #submit} hands it work and may be called from any thread.
 */
public final class Engine implements AutoCloseable {

  /** Opens a checkpoint folder with default options. */
  public static Engine open(Path directory) {
    return open(directory, EngineOptions.DEFAULT);
  }

  /**
   * Opens a checkpoint folder.
   *
   * @throws muninn.UserException when a file is missing or wrong, or memory does not suffice
   */
  public static Engine open(Path directory, EngineOptions options) {
    throw new IllegalStateException("soon");
  }

  /** The checkpoint: config, tensors, tokenizer, chat template. */
  public Checkpoint checkpoint() {
    throw new IllegalStateException("soon");
  }

  /** The device in a few words, as {@code muninn devices} prints it. */
  public String device() {
    throw new IllegalStateException("soon");
  }

  /**
   * Queues a request.
   *
   * @throws muninn.UserException when the request cannot be served: field, value and remedy are named
   */
  public Generation submit(Request request) {
    throw new IllegalStateException("soon");
  }

  /**
   * Logits of every prompt position and the last position's final latent after {@code ln_f}, for parity
   * work.
   *
   * @return logits {@code [positions][vocabulary]} and latent {@code [d]}
   */
  public Inspection inspect(int[] prompt, int steps, float initScale, long seed) {
    throw new IllegalStateException("soon");
  }

  /** See {@link #inspect}. */
  public record Inspection(List<float[]> logits, float[] latent) {}

  /** Cancels what is under way, and frees the device and the mapped files. */
  @Override
  public void close() {}
}
