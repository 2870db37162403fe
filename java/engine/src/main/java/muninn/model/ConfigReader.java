package muninn.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.files.Fields;
import muninn.files.Json;

/**
 * Turns a {@code config.json} into numbers and the kinds of model that it may be about. Each known
 * {@code model_type} has a reader of its own; what they all refuse is in {@link NeutralFields}.
 */
final class ConfigReader {
  /** A config is a few kilobytes; nothing near this is one. */
  private static final long MAX_BYTES = 4L << 20;

  // Far above any model of this kind, and low enough that products of two stay within a long.
  static final int MAX_WIDTH = 1 << 20;
  static final int MAX_FFN = 1 << 23;
  static final int MAX_VOCABULARY = 1 << 27;
  static final int MAX_POSITIONS = 1 << 27;
  static final int MAX_BLOCKS = 1024;
  static final int MAX_STEPS = 1 << 20;

  private interface Reader {
    Stated read(Fields fields);
  }

  private static final Map<String, Reader> READERS =
      Map.of(
          RavenFields.MODEL_TYPE, RavenFields::read,
          Ouro.MODEL_TYPE, Ouro::read,
          Nanbeige.MODEL_TYPE, Nanbeige::read);

  private ConfigReader() {}

  /**
   * What a config says.
   *
   * @param kinds what it may be about, at least one; where there are more, the tensors decide
   * @param quantisation how matrices are coded; none where they are numbers
   */
  record Stated(Config config, List<Architecture> kinds, Optional<Quantisation> quantisation) {
    Stated(Config config, List<Architecture> kinds) {
      this(config, kinds, Optional.empty());
    }
  }

  static Stated read(Path file) {
    Fields fields = new Fields(file, Json.object(file, MAX_BYTES));
    Reader reader = READERS.get(fields.string("model_type"));
    if (reader == null) {
      throw fields.wrong(
          "model_type",
          "one of the known model types: "
              + String.join(", ", READERS.keySet().stream().sorted().toList()),
          "use a checkpoint of such a model");
    }
    NeutralFields.check(fields);
    Stated stated = reader.read(fields);
    return new Stated(stated.config, stated.kinds, Quantisation.read(fields));
  }
}
