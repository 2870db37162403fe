package muninn.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Weights;
import muninn.model.Architecture;
import muninn.model.Config;
import muninn.model.Layout;
import muninn.model.Model;
import muninn.model.ModelCard;
import muninn.model.Tensor;
import muninn.text.ChatTemplate;
import muninn.text.Tokenizer;

/**
 * A model that tells how far its weights have come on their way to the device, once that has taken
 * a second: a bar that is drawn over itself on a terminal, one line anywhere else.
 */
final class LoadingModel implements Model {
  private static final long PATIENCE_NANOS = 1_000_000_000L;
  private static final long REDRAW_NANOS = 200_000_000L;
  private static final int BAR = 30;

  private final Model model;
  private final PrintWriter err;
  private final boolean terminal;
  private final long total;
  private final long startedAt;
  private long shownAt;
  private long done;

  /**
   * @param terminal whether what is written to {@code err} is seen on a terminal
   * @param now {@link System#nanoTime}
   */
  LoadingModel(Model model, PrintWriter err, boolean terminal, long now) {
    this.model = model;
    this.err = err;
    this.terminal = terminal;
    this.total = model.card().weights();
    this.startedAt = now;
  }

  @Override
  public Weights matrix(Layout.Weight weight, Device device) {
    Weights matrix = model.matrix(weight, device);
    came(weight.elements(), System.nanoTime());
    return matrix;
  }

  /** So many more weights are there. */
  synchronized void came(long weights, long now) {
    done = Math.min(total, done + weights);
    boolean first = shownAt == 0;
    if (now - startedAt < PATIENCE_NANOS
        || (!first && (!terminal || now - shownAt < REDRAW_NANOS))) {
      return;
    }
    shownAt = now;
    double share = total == 0 ? 1 : (double) done / total;
    if (terminal) {
      int full = (int) (BAR * share);
      err.print(
          String.format(
              Locale.ROOT,
              "\rloading %s [%s%s] %3.0f %%",
              model.name(),
              "=".repeat(full),
              " ".repeat(BAR - full),
              100 * share));
    } else {
      double seconds = (now - startedAt) / 1e9;
      err.println(
          String.format(
              Locale.ROOT,
              "loading %s, %.1f M weights: %.0f %% after %.0f s, about %.0f s to go",
              model.name(),
              total / 1e6,
              100 * share,
              seconds,
              share == 0 ? 0 : seconds * (1 - share) / share));
    }
    err.flush();
  }

  /** All are there: the bar goes. */
  synchronized void loaded() {
    if (terminal && shownAt != 0) {
      err.print("\r" + " ".repeat(model.name().length() + BAR + 20) + "\r");
      err.flush();
    }
  }

  @Override
  public String name() {
    return model.name();
  }

  @Override
  public Optional<Path> directory() {
    return model.directory();
  }

  @Override
  public Architecture architecture() {
    return model.architecture();
  }

  @Override
  public Config config() {
    return model.config();
  }

  @Override
  public Layout layout() {
    return model.layout();
  }

  @Override
  public ModelCard card() {
    return model.card();
  }

  @Override
  public List<Tensor> tensors() {
    return model.tensors();
  }

  @Override
  public Buffer table(Layout.Weight weight, Device device) {
    return model.table(weight, device);
  }

  @Override
  public Optional<Tokenizer> tokenizer() {
    return model.tokenizer();
  }

  @Override
  public ChatTemplate chatTemplate() {
    return model.chatTemplate();
  }

  @Override
  public Set<Integer> stopTokens() {
    return model.stopTokens();
  }

  @Override
  public void close() {
    model.close();
  }
}
