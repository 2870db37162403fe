package muninn.model;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;

/**
 * Holds the tensors of a checkpoint against {@link Layout}: each that the config asks for is there
 * in its shape, and nothing is there that would go unused and so change the answer unnoticed.
 *
 * @param source the file that a missing tensor is missing from: the one file, or the index
 */
record TensorCheck(Path source, Config config, Map<String, Tensor> tensors) {
  /** Copies up to this size are compared whole, larger ones by {@link #SAMPLED_ROWS} rows. */
  private static final long WHOLE_BYTES = 4L << 20;

  private static final int SAMPLED_ROWS = 64;

  void run() {
    Set<String> known = new HashSet<>(Set.of(Layout.HEAD, Layout.FREQUENCIES));
    Layout.expected(config)
        .forEach(
            expected -> {
              require(expected.name(), expected.shape());
              known.add(expected.name());
            });
    tensors.values().stream()
        .filter(tensor -> !known.contains(tensor.name()))
        .findFirst()
        .ifPresent(this::refuseUnknown);
    if (tensors.containsKey(Layout.HEAD)) {
      checkHead(require(Layout.HEAD, List.of((long) config.vocabulary(), (long) config.width())));
    }
    if (tensors.containsKey(Layout.FREQUENCIES)) {
      Frequencies.check(tensors.get(Layout.FREQUENCIES), config);
    }
  }

  private Tensor require(String name, List<Long> shape) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw UserException.of(
          "%s: tensor %s is missing, wanted shape %s by config.json; use files of one and the same"
              + " checkpoint",
          source, name, shape);
    }
    if (!tensor.shape().equals(shape)) {
      throw UserException.of(
          "%s: tensor %s has shape %s, wanted %s by config.json; use files of one and the same"
              + " checkpoint",
          tensor.file(), name, tensor.shape(), shape);
    }
    return tensor;
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
   * The head is tied to the embedding, so a stored head must be a copy. Reading two large tensors
   * whole would cost seconds; an untied head differs everywhere, so some evenly spaced rows, the
   * first and the last among them, tell.
   */
  private void checkHead(Tensor head) {
    Tensor embedding = tensors.get(Layout.EMBEDDING);
    boolean same = head.dtype() == embedding.dtype();
    if (same && head.data().byteSize() <= WHOLE_BYTES) {
      same = head.data().mismatch(embedding.data()) < 0;
    } else if (same) {
      long rowBytes = head.data().byteSize() / config.vocabulary();
      for (int i = 0; same && i < SAMPLED_ROWS; i++) {
        long row = (config.vocabulary() - 1L) * i / (SAMPLED_ROWS - 1);
        same = row(head, row, rowBytes).mismatch(row(embedding, row, rowBytes)) < 0;
      }
    }
    if (!same) {
      throw UserException.of(
          "%s: tensor %s differs from %s, wanted a copy of it, since the head is tied to the"
              + " embedding; use a checkpoint with a tied head",
          head.file(), Layout.HEAD, Layout.EMBEDDING);
    }
  }

  private static MemorySegment row(Tensor tensor, long row, long rowBytes) {
    return tensor.data().asSlice(row * rowBytes, rowBytes);
  }
}
