package muninn.lab.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import muninn.kernels.Buffer;
import muninn.kernels.Device;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Program;
import muninn.lab.Contexts;
import muninn.model.Model;
import muninn.model.forward.Forward;
import muninn.model.forward.Parameters;

/**
 * The same core step again and again, from the same state: every result must be the same to the
 * bit. Launches that overlap race where one does not wait for another, and tools that look for
 * races run launches one after the other: so this is what sees them.
 */
public final class Soak {
  private final Model model;
  private final int context;
  private final int rounds;
  private final Consumer<String> progress;

  /**
   * @param context positions that each lane attends to
   * @param rounds steps on each number of lanes
   * @param progress hears what is done
   */
  public Soak(Model model, int context, int rounds, Consumer<String> progress) {
    this.model = model;
    this.context = context;
    this.rounds = rounds;
    this.progress = progress;
  }

  /**
   * The first value that differed.
   *
   * @param way what the device was told, such as {@code pdl=off}; empty: nothing
   * @param operation whose result it is; the first of the step that has any
   * @param lane whose row it is in
   * @param expected what it was in the first round of the first way
   */
  public record Difference(
      String way,
      int lanes,
      int round,
      String operation,
      int lane,
      int element,
      float expected,
      float found) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s, %d lanes, round %d: %s of lane %d differs first at element %d: %s, and %s before",
          way.isEmpty() ? "as usual" : way,
          lanes,
          round,
          operation,
          lane,
          element,
          found,
          expected);
    }
  }

  /**
   * Runs until something differs.
   *
   * @param ways devices that must all come to the same, by what they were told; opened one after
   *     the other
   */
  public Optional<Difference> run(Map<String, Supplier<Device>> ways, List<Integer> lanes) {
    Map<Integer, List<float[][]>> expected = new LinkedHashMap<>();
    for (Map.Entry<String, Supplier<Device>> way : ways.entrySet()) {
      try (Device device = way.getValue().get()) {
        progress.accept("loading " + model.name());
        Parameters parameters = Parameters.load(model, device);
        int most = lanes.stream().mapToInt(Integer::intValue).max().orElseThrow();
        Contexts contexts = new Contexts(device, model.config(), most, context, 0);
        Forward forward = contexts.forward(model.architecture(), parameters, most);
        for (int n : lanes) {
          String said = way.getKey().isEmpty() ? "" : ", " + way.getKey();
          progress.accept(String.format(Locale.ROOT, "%d lanes, %d rounds%s", n, rounds, said));
          Steps steps = new Steps(device, forward, contexts.ends(n));
          for (int round = 0; round < rounds; round++) {
            List<float[][]> results = steps.run();
            List<float[][]> first = expected.computeIfAbsent(n, _ -> results);
            Optional<Difference> found = steps.compare(way.getKey(), round, first, results);
            if (found.isPresent()) {
              return found;
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Steps of one table, and what they leave. */
  private static final class Steps {
    private final Device device;
    private final Forward forward;
    private final Lanes lanes;
    private final Map<Buffer, String> results = new LinkedHashMap<>(); // by who writes it last

    Steps(Device device, Forward forward, Lanes lanes) {
      this.device = device;
      this.forward = forward;
      this.lanes = lanes;
      for (Op op : forward.program(Program.Role.CORE).ops()) {
        for (Buffer out : outs(op)) {
          results.remove(out);
          results.put(out, op.name());
        }
      }
      forward.prelude(lanes);
    }

    private static List<Buffer> outs(Op op) {
      return switch (op) {
        case Op.Embed embed -> List.of(embed.out());
        case Op.InitialState start -> List.of(start.out());
        case Op.Move move -> List.of(move.to());
        case Op.Clear clear -> List.of(clear.to());
        case Op.Norm norm -> List.of(norm.out());
        case Op.NormPair pair -> List.of(pair.first().out(), pair.second().out());
        case Op.Product product ->
            switch (product.then()) {
              case Epilogue.Store(Buffer out) -> List.of(out);
              case Epilogue.Add(Buffer _, Buffer out) -> List.of(out);
              case Epilogue.Gate(Buffer out) -> List.of(out);
              case Epilogue.Heads heads -> List.of(heads.q());
            };
        case Op.Attend attend -> List.of(attend.out());
        case Op.Draw _, Op.LatentLook _, Op.GateLook _, Op.OutputLook _ -> List.of();
      };
    }

    /** What each buffer holds after a step from the first state, by lane. */
    List<float[][]> run() {
      forward.begin(lanes);
      forward.core(lanes);
      List<float[][]> all = new ArrayList<>();
      for (Buffer buffer : results.keySet()) {
        float[][] rows = new float[lanes.size()][];
        for (int m = 0; m < rows.length; m++) {
          rows[m] = device.read(buffer, m); // tables here have lane m in row m
        }
        all.add(rows);
      }
      return all;
    }

    Optional<Difference> compare(
        String way, int round, List<float[][]> expected, List<float[][]> found) {
      int i = 0;
      for (String operation : results.values()) {
        for (int m = 0; m < lanes.size(); m++) {
          int at = mismatch(expected.get(i)[m], found.get(i)[m]);
          if (at >= 0) {
            return Optional.of(
                new Difference(
                    way,
                    lanes.size(),
                    round,
                    operation,
                    m,
                    at,
                    expected.get(i)[m][at],
                    found.get(i)[m][at]));
          }
        }
        i++;
      }
      return Optional.empty();
    }

    /** To the bit: two that are no numbers are the same only if their bits are. */
    private static int mismatch(float[] expected, float[] found) {
      for (int i = 0; i < expected.length; i++) {
        if (Float.floatToRawIntBits(expected[i]) != Float.floatToRawIntBits(found[i])) {
          return i;
        }
      }
      return -1;
    }
  }
}
