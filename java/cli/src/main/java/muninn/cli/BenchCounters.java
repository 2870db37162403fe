package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Value;
import muninn.lab.counters.CountedLaunch;
import muninn.lab.counters.Counting;
import muninn.lab.counters.LaunchTable;
import muninn.lab.expect.Card;
import muninn.lab.report.ReportJson;
import muninn.lab.report.TextTable;
import muninn.model.Model;

/**
 * {@code muninn bench --counters}: what each launch of a token's way does, as a table and as one
 * JSON object whose fields docs/counters.md describes.
 */
final class BenchCounters {
  static final Option<Boolean> COUNTERS =
      Option.flag(
          "--counters",
          "Count what each launch does instead of timing it: sectors, conflicts of banks, bytes on"
              + " their way, what fits a multiprocessor. On the emulated device alone.");
  static final Option<String> CARD =
      Option.of(
              "--card",
              Value.oneOf(Card.ids()),
              "Say beside each time what a timing model expects of this GPU; with --counters, the"
                  + " GPU that work is cut for.")
          .byDefaultSaid("none; with --counters h100");
  private static final Option<Integer> SAMPLE =
      Option.of("--sample", Value.whole("N", 1), "With --counters: blocks of a launch looked at.")
          .byDefault(16);

  static final Group GROUP = Group.of("Counting", COUNTERS, SAMPLE);
  static final List<Integer> LANES = List.of(1, 8, 64);
  private static final int CONTEXT = 128;

  private final Console console;
  private final Arguments given;
  private final Card card;
  private final List<Integer> lanes;
  private final int context;
  private String model;
  private boolean registers;
  private List<CountedLaunch> launches;

  BenchCounters(Console console, Arguments given, List<Integer> lanes, int context) {
    this.console = console;
    this.given = given;
    this.lanes = lanes;
    this.context = context;
    card = card(given).orElse(Card.H100);
  }

  /** The card that was named, if any. */
  static Optional<Card> card(Arguments given) {
    return Optional.ofNullable(given.get(CARD)).flatMap(Card::named);
  }

  /** Positions that are attended to where none are asked for. */
  static int context(int most) {
    return Math.min(CONTEXT, most);
  }

  void count(ModelOptions options) {
    model = options.name();
    try (Model opened = Model.open(model)) {
      Counting counting =
          new Counting(
              opened,
              options.engine(console).device(),
              WeightOptions.of(given),
              card,
              context,
              given.get(SAMPLE),
              now -> console.err().println("bench: " + now));
      launches = counting.run(lanes);
      registers = counting.knowsRegisters();
    }
  }

  void print() {
    PrintWriter out = console.out();
    out.println(
        String.format(
            Locale.ROOT,
            "%s, cut as for %s, each lane after %d positions: counted on the emulated device, not"
                + " measured",
            model,
            card.title(),
            context));
    out.println();
    out.print(TextTable.plain(LaunchTable.of(CountedLaunch.different(launches))));
    out.println();
    out.println(
        "used: bytes wanted of the sectors moved, by all accesses, by stores, by reads of weights;"
            + " banks: wavefronts of shared memory over the least; in flight: bytes of a block as"
            + " it begins to wait");
    if (!registers) {
      out.println(
          "How many blocks fit a multiprocessor is not known: kernels for GPUs were not built"
              + " (kernels-cu/build.sh).");
    }
    out.flush();
  }

  void json(PrintWriter out) {
    JsonOutput.print(out, this::write);
  }

  private void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("header");
    json.writeStringField("muninn", Version.number());
    json.writeStringField("kind", "counted on the emulated device, not measured");
    json.writeArrayFieldStart("command");
    for (String word : given.line()) {
      json.writeString(word);
    }
    json.writeEndArray();
    json.writeStringField("model", model);
    json.writeStringField("card", card.id());
    json.writeNumberField("context", context);
    json.writeNumberField("sampled", given.get(SAMPLE));
    json.writeEndObject();
    json.writeArrayFieldStart("launches");
    for (CountedLaunch launch : launches) {
      json.writeStartObject();
      ReportJson.fields(json, LaunchTable.of(List.of(launch)));
      ReportJson.table(json, LaunchTable.parameters(launch));
      ReportJson.table(json, LaunchTable.conflicts(launch));
      ReportJson.table(json, LaunchTable.occupancy(launch));
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
