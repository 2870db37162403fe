package muninn.lab;

import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.KvCache;
import muninn.kernels.KvSlot;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Program;
import muninn.kernels.Routine;
import muninn.kernels.Sampled;
import muninn.kernels.SequenceParameters;
import muninn.kernels.Sequences;
import muninn.kernels.Weights;
import muninn.model.Architecture;
import muninn.model.Config;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * Sequences that lanes can be put at the end of: one a lane, with keys and values of a whole
 * context in every slot of one recurrence, and one for prompts. Keys and values are random. Where
 * memory does not suffice for all contexts, the last lanes' share the first ones' pages.
 */
public final class Contexts {
  private static final int SHARE_OF_MEMORY = 2; // the rest is for activations and copies
  private static final int FILL_LANES = 512;
  private static final int FILL_WIDTH = 16; // of the random rows that keys and values are made of
  private static final SequenceParameters GREEDY = new SequenceParameters(0, 1, 0, 0, 1, 0, 1, -1);
  private static final SequenceParameters DRAWING =
      new SequenceParameters(0, 1, 1, 0, 0.95f, 0, 1, -1);

  private final Device device;
  private final Config config;
  private final int lanes;
  private final int context;
  private final int promptPages; // the first ones
  private final int lanePages; // behind them
  final KvCache cache;
  final Sequences sequences;
  private long assigned; // pages given to lanes, the same ones again when all are

  /**
   * @param lanes most lanes at once
   * @param context positions of each of their sequences
   * @param prompt positions of the longest prompt; 0 for none
   */
  public Contexts(Device device, Config config, int lanes, int context, int prompt) {
    this.device = device;
    this.config = config;
    this.lanes = lanes;
    this.context = context;
    int slots = Forward.slots(config, 1);
    promptPages = KvCache.chunks(prompt) * slots;
    lanePages = lanePages((long) KvCache.chunks(context) * slots * lanes);
    cache = device.kvCache(promptPages + lanePages, config.kvHeads(), config.headWidth());
    int positions = KvCache.PAGE * KvCache.chunks(Math.max(context, prompt));
    sequences = device.sequences(2 * lanes + 1, positions, slots);
    openPrompt(slots);
    openLanes(slots);
  }

  /**
   * A model's programs over these sequences.
   *
   * @param parameters of the model, on the same device
   * @param rows most lanes at once, those of a prompt included
   */
  public Forward forward(Architecture architecture, Parameters parameters, int rows) {
    return new Forward(architecture, config, parameters, device, cache, sequences, rows);
  }

  private int lanePages(long all) {
    long pageBytes = device.kvPageBytes(config.kvHeads(), config.headWidth());
    long affordable = device.grantedBytes() / SHARE_OF_MEMORY / pageBytes - promptPages;
    return Math.toIntExact(Math.min(all, Math.max(KvCache.chunks(context), affordable)));
  }

  private void openPrompt(int slots) {
    int sequence = 2 * lanes;
    sequences.open(sequence, GREEDY);
    for (int page = 0; page < promptPages; page++) {
      sequences.map(sequence, page % slots, page / slots, page);
    }
  }

  private void openLanes(int slots) {
    for (int m = 0; m < lanes; m++) {
      sequences.open(m, GREEDY);
      sequences.open(lanes + m, DRAWING);
    }
    Filler filler = new Filler();
    int firstCore = config.prelude() + config.coda();
    for (int slot = 0; slot < slots; slot++) {
      filler.into(new KvSlot(slot, slot < firstCore ? 0 : config.core()));
      for (int m = 0; m < lanes; m++) {
        for (int chunk = 0; chunk < KvCache.chunks(context); chunk++) {
          sequences.map(m, slot, chunk, promptPages + (int) (assigned % lanePages));
          // An append in the core says how deep its position has come: one slot has them all.
          if (assigned < lanePages || slot == firstCore) {
            filler.fill(m, chunk);
          }
          assigned++;
        }
      }
      filler.flush();
    }
  }

  /** Whether some of so many lanes read the same keys, which a cache may then hold. */
  public boolean shared(int count) {
    return (long) count * KvCache.chunks(context) > lanePages;
  }

  /** A table of so many lanes, each at the end of a context of its own. */
  public Lanes ends(int count) {
    return ends(count, 0);
  }

  /** The same, of sequences that draw at temperature 1 with top-p; they have no keys. */
  public Lanes drawing(int count) {
    return ends(count, lanes);
  }

  private Lanes ends(int count, int firstSequence) {
    Lanes table = device.lanes(count);
    for (int m = 0; m < count; m++) {
      table.add(m, firstSequence + m, context - 1, 0, m % config.vocabulary());
    }
    return table;
  }

  /** A table of the first positions of one sequence. */
  public Lanes prompt(int positions) {
    Lanes table = device.lanes(positions);
    for (int m = 0; m < positions; m++) {
      table.add(m, 2 * lanes, m, 0, m % config.vocabulary());
    }
    return table;
  }

  /** Writes keys and values, through the smallest product that can. */
  private final class Filler {
    private final Buffer rope =
        config.rope().table(device, sequences.positions(), config.headWidth());
    private final Weights weights =
        device.randomWeights(1, config.queryWidth() + 2 * config.kvWidth(), FILL_WIDTH, 0.1f);
    private final Buffer x = device.buffer(FILL_LANES, FILL_WIDTH);
    private final Buffer rows = device.operand(FILL_LANES, FILL_WIDTH);
    private final Buffer q = device.operand(FILL_LANES, config.queryWidth());
    private final Sampled none = device.sampled(1);
    private final Lanes table = device.lanes(FILL_LANES);
    private Routine append;

    /** What follows goes to this slot. */
    void into(KvSlot slot) {
      Op.Epilogue heads = new Op.Epilogue.Heads(null, null, rope, sequences, cache, slot, q);
      append =
          device.prepare(
              new Program(
                  "fill",
                  Program.Role.CORE,
                  List.of(
                      new Op.Embed(weights, 1, none, sequences, x),
                      new Op.Move(x, rows),
                      new Op.Product("qkv", rows, weights, heads))));
    }

    /** A page of a sequence. */
    void fill(int sequence, int chunk) {
      int first = chunk * KvCache.PAGE;
      int end = Math.min(first + KvCache.PAGE, config.blockSize());
      for (int position = first; position < end; position++) {
        table.add(table.size(), sequence, position, 0, (position + sequence) % weights.rows());
        if (table.size() == FILL_LANES) {
          flush();
        }
      }
    }

    /** Opens the positions anew, and appends their keys and values. */
    void flush() {
      append.run(table);
      table.clear();
    }
  }
}
