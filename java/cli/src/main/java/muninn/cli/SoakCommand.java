package muninn.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.kernels.Device;
import muninn.lab.bench.Soak;
import muninn.model.Model;

/** {@code muninn soak}: the same step hundreds of times, which must come to the same each time. */
final class SoakCommand implements Command {
  private static final int CONTEXT = 128;
  private static final Option<List<Integer>> LANES =
      Option.of("--lanes", Value.whole("N", 1, 1 << 16).list(), "Lanes of the step.")
          .or(List.of(1, 8, 64))
          .byDefaultSaid("1,8,64")
          .shown();
  private static final Option<Integer> ROUNDS =
      Option.of("--rounds", Value.whole("N", 2), "Steps on each number of lanes.")
          .byDefault(200)
          .shown();
  private static final Option<Integer> ATTENDED =
      Option.of("--context", Value.whole("N", 1), "Positions that each lane attends to.")
          .byDefaultSaid("128, or block_size if less");

  private final Console console;

  SoakCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("soak", "Repeats a step until it differs: finds races between kernels.")
        .details(
            "A step of the core runs again and again from the same state, and everything it leaves"
                + " must be the same to the bit: on CUDA with launches that overlap, then without"
                + " (--kernels pdl=off). What differs first is named, and the exit code is 1."
                + " Tools that look for races run kernels one after the other, and cannot see one"
                + " between two of them; this can.")
        .groups(Group.of("What is repeated", LANES, ROUNDS, ATTENDED), ModelOptions.group())
        .examples(
            "muninn soak --device cuda",
            "muninn soak --model random:huginn-0125 --device cuda --rounds 300 --lanes 1,8,64");
  }

  @Override
  public int run(Arguments given) {
    ModelOptions options = new ModelOptions(given);
    DeviceOptions chosen = Devices.choose(options.engine(console).device()).options();
    Map<String, Supplier<Device>> ways = new LinkedHashMap<>();
    ways.put("", () -> Devices.open(chosen));
    if (!chosen.device().equals("cpu")) {
      ways.put("pdl=off", () -> Devices.open(chosen.withKernels("pdl=off")));
    }
    List<Integer> lanes = given.get(LANES);
    int rounds = given.get(ROUNDS);
    try (Model model = Model.open(options.name())) {
      int most = model.config().blockSize();
      int context = given.has(ATTENDED) ? given.get(ATTENDED) : Math.min(CONTEXT, most);
      given.require(
          context <= most,
          ATTENDED,
          String.format(Locale.ROOT, "from 1 to %d, the model's block_size", most));
      Optional<Soak.Difference> found =
          new Soak(model, context, rounds, now -> console.err().println("soak: " + now))
              .run(ways, lanes);
      console
          .out()
          .println(
              found.isPresent()
                  ? "not the same: " + found.get()
                  : String.format(
                      Locale.ROOT,
                      "the same to the bit: %d steps each on %s lanes%s",
                      rounds,
                      String.join(", ", lanes.stream().map(String::valueOf).toList()),
                      ways.size() > 1 ? ", with and without overlapping launches" : ""));
      return found.isPresent() ? 1 : 0;
    }
  }
}
