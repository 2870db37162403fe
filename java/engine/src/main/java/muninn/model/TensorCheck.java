package muninn.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;

/**
 * Holds the tensors of a checkpoint against {@link Layout}: each that the config asks for is there
 * in its shape, and nothing is there that would go unused and so change the answer unnoticed.
 *
 * @param source the file that a missing tensor is missing from: the one file, or the index
 */
record TensorCheck(
    Path source,
    Architecture architecture,
    Config config,
    Map<String, Tensor> tensors,
    CodedTensors.Found coded) {
  /** Copies up to this size are compared whole, larger ones by {@link #SAMPLED_ROWS} rows. */
  private static final long WHOLE_BYTES = 4L << 20;

  private static final int SAMPLED_ROWS = 64;

  private static final String SAME = "use files of one and the same checkpoint";
  private static final String TIE =
      SAME
          + ", or, where the head is the embedding, say tie_word_embeddings (in a retrofitted model"
          + " tie_embeddings) true in config.json";

  void run() {
    Map<String, List<Long>> wanted = new Layout(architecture, config).tensors();
    wanted.forEach(this::require);
    Set<String> known = new HashSet<>(wanted.keySet());
    known.add(Layout.FREQUENCIES);
    known.add(architecture.head());
    known.addAll(coded.parts());
    tensors.keySet().stream().filter(name -> name.endsWith(Layout.ANGLES)).forEach(known::add);
    tensors.values().stream()
        .filter(tensor -> !known.contains(tensor.name()))
        .findFirst()
        .ifPresent(this::refuseUnknown);
    boolean isCopied = tensors.containsKey(architecture.head());
    if (architecture.tiedHead() && isCopied && coded.matrices().isEmpty()) {
      checkCopy(
          require(architecture.head(), List.of((long) config.vocabulary(), (long) config.width())));
    }
    if (tensors.containsKey(Layout.FREQUENCIES)) {
      Frequencies.check(tensors.get(Layout.FREQUENCIES), config);
    }
  }

  private Tensor require(String name, List<Long> shape) {
    CodedTensor codes = coded.matrices().get(name);
    if (codes != null) {
      List<Long> found = List.of((long) codes.rows(), (long) codes.columns());
      if (!found.equals(shape)) {
        throw UserException.of(
            "%s: the codes of tensor %s are of shape %s, wanted %s by config.json; use files of one"
                + " and the same checkpoint",
            codes.codes().file(), name, found, shape);
      }
      return codes.codes();
    }
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw UserException.of(
          "%s: tensor %s is missing, wanted shape %s by config.json; %s",
          source,
          name,
          shape,
          otherwiseNamed(name)
              .map(TensorCheck::rename)
              .orElse(name.equals(architecture.head()) ? TIE : SAME));
    }
    if (tensor.type().number().isEmpty() && !tensor.type().isCodes()) {
      throw UserException.of(
          "%s: tensor %s has dtype %s, wanted %s; convert the checkpoint to one of these",
          tensor.file(), name, tensor.type(), TensorType.READ);
    }
    if (tensor.type().number().isEmpty()) {
      throw UserException.of(
          "%s: tensor %s holds codes in %s, wanted numbers, or a quantization_config in config.json"
              + " that says how they are scaled; use files of one and the same checkpoint",
          tensor.file(), name, tensor.type());
    }
    if (!tensor.shape().equals(shape)) {
      throw UserException.of(
          "%s: tensor %s has shape %s, wanted %s by config.json; use files of one and the same"
              + " checkpoint",
          tensor.file(), name, tensor.shape(), shape);
    }
    return tensor;
  }

  /** A tensor that has the name behind a prefix, or without its own, as wrappers save it. */
  private Optional<String> otherwiseNamed(String name) {
    return tensors.keySet().stream()
        .filter(found -> found.endsWith("." + name) || name.endsWith("." + found))
        .min(Comparator.naturalOrder());
  }

  private static String rename(String found) {
    return "the file has "
        + Json.shortened(found)
        + " instead, as a wrapper around the model saves it: save the model itself, or rename"
        + " its tensors";
  }

  private void refuseUnknown(Tensor tensor) {
    throw UserException.of(
        "%s: tensor %s is not part of a %s model with %d/%d/%d blocks, wanted no tensor beside its"
            + " own; it may be of another family or depth: use a config.json and tensors that"
            + " belong together",
        tensor.file(),
        Json.shortened(tensor.name()),
        config.modelType(),
        config.prelude(),
        config.core(),
        config.coda());
  }

  /**
   * Where the head is tied to the embedding, a stored head must be a copy, in whatever type.
   * Reading two large tensors whole would cost seconds; an untied head differs everywhere, so some
   * evenly spaced rows, the first and the last among them, tell.
   */
  private void checkCopy(Tensor head) {
    Tensor embedding = tensors.get(architecture.embedding());
    long rows = config.vocabulary();
    long samples = head.bytes() <= WHOLE_BYTES ? rows : Math.min(rows, SAMPLED_ROWS);
    for (long i = 0; i < samples; i++) {
      long row = samples == 1 ? 0 : (rows - 1) * i / (samples - 1);
      if (!equalRows(head, embedding, row)) {
        throw UserException.of(
            "%s: tensor %s differs from %s, wanted a copy of it, since the head is tied to the"
                + " embedding; use a checkpoint with a tied head",
            head.file(), head.name(), embedding.name());
      }
    }
  }

  private boolean equalRows(Tensor head, Tensor embedding, long row) {
    long first = row * config.width();
    if (head.type() == embedding.type()) {
      long bytes = (long) config.width() * head.type().bytes();
      MemorySegment one = head.data().asSlice(first * head.type().bytes(), bytes);
      return one.mismatch(embedding.data().asSlice(first * head.type().bytes(), bytes)) < 0;
    }
    for (long i = first; i < first + config.width(); i++) {
      float one = head.element(i);
      float other = embedding.element(i);
      // What is no number is found, and named, when it is loaded.
      if (one != other && !(Float.isNaN(one) && Float.isNaN(other))) {
        return false;
      }
    }
    return true;
  }
}
