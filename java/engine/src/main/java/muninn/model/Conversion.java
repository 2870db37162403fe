package muninn.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.files.FileProblem;
import muninn.files.Json;
import muninn.kernels.CodedRows;
import muninn.kernels.DType;
import muninn.kernels.Format;
import muninn.kernels.Format.Coded;
import muninn.kernels.Format.Encoding;
import muninn.kernels.PaperDevice;
import muninn.kernels.Stored;
import muninn.model.SafetensorsWriter.Block;

/**
 * Writes a checkpoint with matrices in other formats, coded ones in the names of
 * compressed-tensors. What is loaded from it is, to the bit, what the same choice makes of the
 * original while it is loaded. The folder appears when all of it is written, and not before.
 */
public final class Conversion {
  private static final long SOME_BYTES = 1L << 20; // that a thread makes at a time

  private final Checkpoint checkpoint;
  private final Path out;
  private final WeightChoice choice;
  private final Consumer<String> progress;
  private final Map<String, Format> formats = new LinkedHashMap<>(); // of tensors that change

  private Conversion(
      Checkpoint checkpoint, Path out, WeightChoice choice, Consumer<String> progress) {
    this.checkpoint = checkpoint;
    this.out = out;
    this.choice = choice;
    this.progress = progress;
  }

  /**
   * Writes it.
   *
   * @param out a folder that is not there, or is empty
   * @param progress hears the name of each tensor before it is made
   * @throws UserException when it cannot be written
   */
  public static Converted write(
      Checkpoint checkpoint, Path out, WeightChoice choice, Consumer<String> progress) {
    choice.requireParts(checkpoint.layout());
    return new Conversion(checkpoint, out.toAbsolutePath().normalize(), choice, progress).write();
  }

  private Converted write() {
    Path partial = out.resolveSibling("." + out.getFileName() + ".partial");
    try {
      requireFree();
      remove(partial); // of a conversion that was killed
      Files.createDirectories(partial);
      chooseFormats();
      Path weights = partial.resolve(CheckpointFiles.WEIGHTS);
      try (Arena arena = Arena.ofShared()) {
        SafetensorsWriter.write(weights, Map.of("format", "pt"), blocks(arena));
      }
      copyTexts(partial);
      for (Path file : List.of(weights, partial.resolve(CheckpointFiles.CONFIG))) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
      long bytes = Files.size(weights);
      Files.move(partial, out, StandardCopyOption.ATOMIC_MOVE);
      return Converted.of(bytes, checkpoint.stored(), formats);
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", out, FileProblem.describe(e));
    }
  }

  private void requireFree() throws IOException {
    if (!Files.exists(out)) {
      return;
    }
    if (Files.isDirectory(out)) {
      try (Stream<Path> files = Files.list(out)) {
        if (files.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw UserException.of(
        "%s: is there already, wanted a folder that is not there or is empty; remove it, or name"
            + " another one",
        out);
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void chooseFormats() {
    PaperDevice device = new PaperDevice(DType.BF16, DType.BF16);
    checkpoint
        .layout()
        .weights()
        .filter(Layout.Weight::isMatrix)
        .forEach(
            weight ->
                choice
                    .format(weight, device)
                    .ifPresent(
                        format ->
                            weight.pieces().forEach(piece -> formats.put(piece.tensor(), format))));
  }

  private List<Block> blocks(Arena arena) {
    List<Block> blocks = new ArrayList<>();
    for (Map.Entry<String, List<Long>> tensor : checkpoint.layout().tensors().entrySet()) {
      String name = tensor.getKey();
      Format format = formats.get(name);
      if (format == null) {
        checkpoint.stored().asStored(name).forEach(stored -> blocks.add(copy(stored)));
        continue;
      }
      int rows = Math.toIntExact(tensor.getValue().get(0));
      int columns = Math.toIntExact(tensor.getValue().get(1));
      Supplier<MemorySegment> made = once(() -> make(name, rows, columns, format, arena));
      switch (format) {
        case Coded coded ->
            blocks.addAll(
                CodedParts.of(
                    name, coded, rows, columns, () -> new CodedRows(coded, columns, made.get())));
        case Format.Plain(DType type) ->
            blocks.add(
                new Block(
                    name,
                    TensorType.of(type),
                    List.of(rows, columns),
                    pieces(made, type.bytes() * (long) rows * columns)));
        case Format.Scaled _ -> throw new IllegalArgumentException(format.label());
      }
    }
    return blocks;
  }

  /** All rows of a tensor in a format. */
  private MemorySegment make(String name, int rows, int columns, Format format, Arena arena) {
    progress.accept(name);
    MemorySegment all = arena.allocate(format.bytes(rows, columns), 16);
    Stored stored = checkpoint.stored().whole(name, rows, columns).in(format);
    long rowBytes = format.rowBytes(columns);
    int some = (int) Math.max(1, SOME_BYTES / rowBytes);
    IntStream.range(0, Math.ceilDiv(rows, some))
        .parallel()
        .forEach(
            i -> {
              int from = i * some;
              int count = Math.min(some, rows - from);
              stored
                  .pieces()
                  .getFirst()
                  .read(from, columns, all.asSlice(from * rowBytes, count * rowBytes));
            });
    return all;
  }

  private Block copy(Tensor tensor) {
    return new Block(
        tensor.name(),
        tensor.type(),
        tensor.shape().stream().map(Math::toIntExact).toList(),
        pieces(tensor::data, tensor.bytes()));
  }

  private static Stream<byte[]> pieces(Supplier<MemorySegment> data, long bytes) {
    return Stream.iterate(0L, at -> at < bytes, at -> at + SOME_BYTES)
        .map(
            at -> {
              byte[] piece = new byte[(int) Math.min(SOME_BYTES, bytes - at)];
              MemorySegment.copy(data.get(), ValueLayout.JAVA_BYTE, at, piece, 0, piece.length);
              return piece;
            });
  }

  private static <T> Supplier<T> once(Supplier<T> maker) {
    return new Supplier<>() {
      private T made;

      @Override
      public T get() {
        made = made == null ? maker.get() : made;
        return made;
      }
    };
  }

  private void copyTexts(Path partial) throws IOException {
    Path from = checkpoint.directory().orElseThrow();
    for (String name : CheckpointFiles.TEXTS) {
      if (Files.exists(from.resolve(name))) {
        Files.copy(from.resolve(name), partial.resolve(name));
      }
    }
    ObjectNode config = Json.object(from.resolve(CheckpointFiles.CONFIG), Long.MAX_VALUE);
    Optional<ObjectNode> stated = quantisation(config.objectNode());
    stated.ifPresent(node -> config.set(Quantisation.FIELD, node));
    if (stated.isEmpty()) {
      config.remove(Quantisation.FIELD);
    }
    Files.writeString(partial.resolve(CheckpointFiles.CONFIG), config.toPrettyString() + "\n");
  }

  /** What the config says of the matrices that are coded now. */
  private Optional<ObjectNode> quantisation(ObjectNode node) {
    Map<Coded, List<String>> modules = new LinkedHashMap<>();
    List<String> plain = new ArrayList<>();
    checkpoint
        .layout()
        .weights()
        .filter(Layout.Weight::isMatrix)
        .flatMap(weight -> weight.pieces().stream())
        .map(Layout.Piece::tensor)
        .distinct()
        .forEach(
            name -> {
              String module = name.replaceFirst("\\.weight$", "");
              Format format = formats.getOrDefault(name, checkpoint.stored().formatOf(name));
              if (format instanceof Coded coded) {
                modules.computeIfAbsent(coded, _ -> new ArrayList<>()).add(module);
              } else {
                plain.add(module);
              }
            });
    if (modules.isEmpty()) {
      return Optional.empty();
    }
    boolean floats = modules.keySet().stream().allMatch(f -> f.encoding() == Encoding.FP8);
    boolean whole = modules.keySet().stream().noneMatch(f -> f.encoding() == Encoding.FP8);
    node.put("quant_method", Quantisation.METHOD);
    node.put("format", floats ? "float-quantized" : whole ? "pack-quantized" : "mixed-precision");
    node.put("quantization_status", "compressed");
    ObjectNode groups = node.putObject("config_groups");
    modules.forEach(
        (format, names) -> {
          ObjectNode group = groups.putObject("group_" + groups.size());
          ArrayNode targets = group.putArray("targets");
          names.forEach(targets::add);
          scheme(group.putObject("weights"), format);
          group.putNull("input_activations");
          group.putNull("output_activations");
        });
    ArrayNode ignore = node.putArray("ignore");
    plain.forEach(ignore::add);
    return Optional.of(node);
  }

  private static void scheme(ObjectNode weights, Coded format) {
    boolean row = format.group() == Coded.ROW;
    weights.put("num_bits", format.encoding().bits());
    weights.put("type", format.encoding() == Encoding.FP8 ? "float" : "int");
    weights.put("symmetric", !format.hasZeros());
    weights.put("strategy", row ? "channel" : "group");
    if (row) {
      weights.putNull("group_size");
    } else {
      weights.put("group_size", format.group());
    }
    weights.put("dynamic", false);
    weights.putNull("actorder");
  }
}
