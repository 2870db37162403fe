package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.KvCache;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;

/**
 * Parameters, tokens and page tables of the sequences in flight, in device memory. New pages are
 * gathered on the host and written by one kernel before the next operation.
 */
final class CudaSequences implements Sequences, Argument {
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("parameters"),
              JAVA_LONG.withName("history"),
              JAVA_LONG.withName("reached"),
              JAVA_LONG.withName("pages"),
              JAVA_LONG.withName("biases"),
              JAVA_INT.withName("positions"),
              JAVA_INT.withName("slots"),
              JAVA_INT.withName("chunks"),
              JAVA_INT.withName("unused"))
          .withName("Sequences");

  /** {@link SequenceParameters} as kernels read them. */
  static final StructLayout PARAMETERS =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("seed"),
              JAVA_FLOAT.withName("initScale"),
              JAVA_FLOAT.withName("temperature"),
              JAVA_INT.withName("topK"),
              JAVA_FLOAT.withName("topP"),
              JAVA_FLOAT.withName("minP"),
              JAVA_FLOAT.withName("repetitionPenalty"),
              JAVA_INT.withName("logProbs"),
              JAVA_INT.withName("generatedFrom"),
              JAVA_FLOAT.withName("presencePenalty"),
              JAVA_FLOAT.withName("frequencyPenalty"),
              JAVA_INT.withName("biases"),
              JAVA_INT.withName("unused"))
          .withName("Parameters");

  /** What is added to the logit of a token. */
  static final StructLayout BIAS =
      MemoryLayout.structLayout(JAVA_INT.withName("token"), JAVA_FLOAT.withName("bias"))
          .withName("Bias");

  private static final int NO_PAGE = -1;
  private static final int NOTHING = -1;
  private static final int THREADS = 128;
  private static final int FIRST_MAPPINGS = 1024;

  private final Context context;
  private final Stream stream;
  private final InTurn.Streams streams;
  private final Staging staging;
  private final Kernels kernels;
  private final DeviceMemory parameters; // [count] Parameters of tables.cuh
  private final DeviceMemory biases; // [count, MOST_BIASES] Bias of tables.cuh
  private final DeviceMemory history; // [count, positions]
  private final DeviceMemory reached; // [count, positions]
  private final DeviceMemory pages; // [count, slots, chunks]
  private final int[] logProbs; // by sequence, as in the parameters
  private final int positions;
  private final int slots;
  private final int chunks;

  // Pages mapped since the last operation: index into the page table, page.
  private long[] mappings = new long[FIRST_MAPPINGS];
  private int mapped;
  private InTurn mappingsThere;

  CudaSequences(
      Context context,
      InTurn.Streams streams,
      Staging staging,
      Kernels kernels,
      int count,
      int positions,
      int slots) {
    this.context = context;
    this.streams = streams;
    this.stream = streams.kernels();
    this.staging = staging;
    this.kernels = kernels;
    this.positions = positions;
    this.slots = slots;
    chunks = KvCache.chunks(positions);
    logProbs = new int[count];
    Sizes sizes = Sizes.of(count, positions, slots);
    parameters = context.allocate(sizes.parameters);
    biases = context.allocate(sizes.biases);
    history = context.allocate(sizes.history);
    reached = context.allocate(sizes.reached);
    stream.fillInts(reached, 0, (long) count * positions, NOTHING);
    pages = context.allocate(sizes.pages);
    mappingsThere = new InTurn(context, streams, sizes.mappings);
  }

  /** Bytes of each table. */
  private record Sizes(
      long parameters, long biases, long history, long reached, long pages, long mappings) {

    static Sizes of(long count, int positions, int slots) {
      return new Sizes(
          count * PARAMETERS.byteSize(),
          count * BIAS.byteSize() * SequenceParameters.MOST_BIASES,
          count * positions * Integer.BYTES,
          count * positions * Integer.BYTES,
          count * slots * KvCache.chunks(positions) * Integer.BYTES,
          (long) Long.BYTES * FIRST_MAPPINGS);
    }
  }

  /** What all of it takes of the device's memory. */
  static long deviceBytes(int count, int positions, int slots) {
    Sizes sizes = Sizes.of(count, positions, slots);
    return sizes.parameters
        + sizes.biases
        + sizes.history
        + sizes.reached
        + sizes.pages
        + InTurn.deviceBytes(sizes.mappings);
  }

  static CudaSequences of(Sequences sequences) {
    return (CudaSequences) sequences;
  }

  @Override
  public int positions() {
    return positions;
  }

  @Override
  public void open(int sequence, SequenceParameters p) {
    logProbs[sequence] = p.logProbs();
    long table = (long) slots * chunks;
    dropMappings(sequence * table, (sequence + 1) * table);
    stream.fillInts(pages, 4L * sequence * table, table, NO_PAGE);
    staging.upload(
        PARAMETERS.byteSize(),
        host -> {
          host.set(JAVA_LONG, at("seed"), p.seed());
          host.set(JAVA_FLOAT, at("initScale"), p.initScale());
          host.set(JAVA_FLOAT, at("temperature"), p.temperature());
          host.set(JAVA_INT, at("topK"), p.topK());
          host.set(JAVA_FLOAT, at("topP"), p.topP());
          host.set(JAVA_FLOAT, at("minP"), p.minP());
          host.set(JAVA_FLOAT, at("repetitionPenalty"), p.repetitionPenalty());
          host.set(JAVA_INT, at("logProbs"), p.logProbs());
          host.set(JAVA_INT, at("generatedFrom"), p.generatedFrom());
          host.set(JAVA_FLOAT, at("presencePenalty"), p.presencePenalty());
          host.set(JAVA_FLOAT, at("frequencyPenalty"), p.frequencyPenalty());
          host.set(JAVA_INT, at("biases"), p.logitBias().size());
          host.set(JAVA_INT, at("unused"), 0);
        },
        parameters,
        sequence * PARAMETERS.byteSize());
    if (!p.logitBias().isEmpty()) {
      uploadBiases(sequence, new TreeMap<>(p.logitBias()));
    }
  }

  private void uploadBiases(int sequence, SortedMap<Integer, Float> ofTokens) {
    staging.upload(
        ofTokens.size() * BIAS.byteSize(),
        host -> {
          long bias = 0;
          for (Map.Entry<Integer, Float> one : ofTokens.entrySet()) {
            host.set(JAVA_INT, bias, one.getKey());
            host.set(JAVA_FLOAT, bias + Integer.BYTES, one.getValue());
            bias += BIAS.byteSize();
          }
        },
        biases,
        sequence * BIAS.byteSize() * SequenceParameters.MOST_BIASES);
  }

  private static long at(String parameter) {
    return PARAMETERS.byteOffset(PathElement.groupElement(parameter));
  }

  /** What the sequence wants to know of its draws; see {@link SequenceParameters#logProbs}. */
  int logProbs(int sequence) {
    return logProbs[sequence];
  }

  /** Pages that were mapped for the sequence's predecessor and never used are forgotten. */
  private void dropMappings(long from, long to) {
    int kept = 0;
    for (int i = 0; i < mapped; i++) {
      if (mappings[2 * i] < from || mappings[2 * i] >= to) {
        mappings[2 * kept] = mappings[2 * i];
        mappings[2 * kept + 1] = mappings[2 * i + 1];
        kept++;
      }
    }
    mapped = kept;
  }

  @Override
  public void restore(int sequence, int from, int[] tokens, int group) {
    long at = (long) Integer.BYTES * ((long) sequence * positions + from);
    staging.upload(
        (long) Integer.BYTES * tokens.length,
        host -> MemorySegment.copy(tokens, 0, host, JAVA_INT, 0, tokens.length),
        history,
        at);
    stream.fillInts(reached, at, tokens.length, group);
  }

  @Override
  public void map(int sequence, int slot, int chunk, int page) {
    if (2 * mapped == mappings.length) {
      mappings = Arrays.copyOf(mappings, 2 * mappings.length);
    }
    mappings[2 * mapped] = ((long) sequence * slots + slot) * chunks + chunk;
    mappings[2 * mapped + 1] = page;
    mapped++;
  }

  /** Brings pages mapped since to the device. */
  void upload() {
    if (mapped == 0) {
      return;
    }
    if (mappingsThere.bytes() < 16L * mapped) {
      mappingsThere.close();
      mappingsThere = new InTurn(context, streams, (long) Long.BYTES * mappings.length);
    }
    mappingsThere.write(
        16L * mapped, host -> MemorySegment.copy(mappings, 0, host, JAVA_LONG, 0, 2 * mapped));
    kernels.launchConstants(
        "map_pages",
        Launch.of(Math.ceilDiv(mapped, THREADS), THREADS),
        pages,
        mappingsThere.there(),
        mapped);
    mapped = 0;
  }

  /** The deepest KV group that each position has appended, {@code [count, positions]}. */
  DeviceMemory reached() {
    return reached;
  }

  @Override
  public MemoryLayout layout() {
    return LAYOUT;
  }

  @Override
  public void write(MemorySegment at) {
    at.set(JAVA_LONG, 0, parameters.address());
    at.set(JAVA_LONG, 8, history.address());
    at.set(JAVA_LONG, 16, reached.address());
    at.set(JAVA_LONG, 24, pages.address());
    at.set(JAVA_LONG, 32, biases.address());
    at.set(JAVA_INT, 40, positions);
    at.set(JAVA_INT, 44, slots);
    at.set(JAVA_INT, 48, chunks);
    at.set(JAVA_INT, 52, 0);
  }
}
