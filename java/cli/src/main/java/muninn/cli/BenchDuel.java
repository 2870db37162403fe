package muninn.cli;

import static muninn.lab.report.ColumnFormat.PERCENT;
import static muninn.lab.report.ColumnFormat.PLAIN;
import static muninn.lab.report.ColumnFormat.TIME;

import java.util.ArrayList;
import java.util.List;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.Value;
import muninn.engine.DeviceOptions;
import muninn.engine.Devices;
import muninn.lab.bench.Bench;
import muninn.lab.bench.BenchOptions;
import muninn.lab.bench.Duel;
import muninn.lab.report.Column;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;
import muninn.model.Model;

/** {@code muninn bench --against}: a core step as usual and another way, in turn. */
final class BenchDuel {
  static final Option<String> AGAINST =
      Option.of(
          "--against",
          Value.text("SWITCHES;…"),
          "Time core steps as usual and with these --kernels, A B A B …: pdl=off, carveout=off,"
              + " blocks=1, library_from=129, linear=n16, …; several with ; between.");

  static final Group GROUP = Group.of("Comparing", AGAINST);

  private static final List<Column<Duel.Outcome>> COLUMNS =
      List.of(
          Column.read("--kernels", PLAIN, Duel.Outcome::switches),
          Column.read("lanes", PLAIN, Duel.Outcome::lanes),
          Column.read("as usual", TIME, o -> o.usual().nanos()),
          Column.read("spread", PERCENT, o -> o.usual().spread()),
          Column.read("so", TIME, o -> o.other().nanos()),
          Column.read("spread", PERCENT, o -> o.other().spread()),
          Column.read("ratio", PERCENT, Duel.Outcome::ratio));

  private final Console console;
  private final Arguments given;
  private final BenchOptions options;

  BenchDuel(Console console, Arguments given, BenchOptions options) {
    this.console = console;
    this.given = given;
    this.options = options;
  }

  void run(ModelOptions model, Bench.Heard heard) {
    DeviceOptions device = Devices.choose(model.engine(console).device()).options();
    List<Duel.Outcome> all = new ArrayList<>();
    try (Model opened = Model.open(model.name())) {
      Duel duel =
          new Duel(
              opened,
              device,
              options.context(),
              options.effort(),
              now -> console.err().println("bench: " + now));
      for (String switches : given.get(AGAINST).split(";", -1)) {
        for (Duel.Outcome outcome : duel.run(switches, options.lanes())) {
          heard.hear("against", outcome);
          all.add(outcome);
        }
      }
    }
    console.out().println("A step of the core as usual, and with these switches, in turn");
    console.out().println();
    console.out().print(TextTable.plain(Table.of("against", "", COLUMNS, all)));
    console.out().flush();
  }
}
