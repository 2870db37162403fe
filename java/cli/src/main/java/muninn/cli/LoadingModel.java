package muninn.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Format;
import muninn.kernels.Weights;
import muninn.model.Architecture;
import muninn.model.Config;
import muninn.model.Layout;
import muninn.model.Model;
import muninn.model.ModelCard;
import muninn.model.Tensor;
import muninn.text.ChatTemplate;
import muninn.text.Tokenizer;

/** A model that tells how far its weights have come on their way to the device. */
final class LoadingModel implements Model {
  private final Model model;
  private final Waiting waiting;
  private final long weights;
  private final long total; // of all devices
  private long done; // guarded by this

  /**
   * @param devices how many it is loaded to
   */
  LoadingModel(Model model, int devices, Waiting waiting) {
    this.model = model;
    this.waiting = waiting;
    weights =
        model
            .layout()
            .weights()
            .filter(Layout.Weight::isMatrix)
            .mapToLong(Layout.Weight::elements)
            .sum();
    total = weights * devices;
  }

  @Override
  public Weights matrix(Layout.Weight weight, Device device, Optional<Format> format) {
    came(0);
    Weights matrix = model.matrix(weight, device, format);
    came(weight.elements());
    return matrix;
  }

  private synchronized void came(long elements) {
    if (done == 0 && elements == 0) {
      waiting.at(
          String.format(
              Locale.ROOT,
              "%s %s, %.1f M weights",
              model.directory().isPresent() ? "loading" : "making the weights of",
              model.name(),
              weights / 1e6));
      return;
    }
    done += elements;
    waiting.reached((double) done / total);
    if (done == total) {
      waiting.at("making room for keys and values");
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
