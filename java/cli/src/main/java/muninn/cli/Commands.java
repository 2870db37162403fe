package muninn.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** All commands, in the order in which help lists them; one is made when it is asked for. */
enum Commands {
  GENERATE("Answers", GenerateCommand::new),
  CHAT("Answers", ChatCommand::new),
  BATCH("Answers", BatchCommand::new),
  SERVE("Answers", ServeCommand::new),
  EVAL("What depth gives", EvalCommand::new),
  SCALE("What depth gives", ScaleCommand::new),
  SWEEP("What depth gives", SweepCommand::new),
  TRACE("What depth gives", TraceCommand::new),
  QUANTIZE_REPORT("What depth gives", QuantizeReportCommand::new) {
    @Override
    String id() {
      return "quantize-report";
    }
  },
  BENCH("Where time goes", BenchCommand::new),
  BENCH_SERVE("Where time goes", BenchServeCommand::new),
  PROFILE("Where time goes", ProfileCommand::new),
  EXPECT("Where time goes", ExpectCommand::new),
  SOAK("Where time goes", SoakCommand::new),
  PULL("Models and machine", PullCommand::new),
  CONVERT("Models and machine", ConvertCommand::new),
  INSPECT("Models and machine", InspectCommand::new),
  LOGITS("Models and machine", LogitsCommand::new),
  DEVICES("Models and machine", DevicesCommand::new),
  COMPLETION("Help", CompletionCommand::new),
  HELP("Help", HelpCommand::new);

  private final String topic;
  private final Function<Console, Command> maker;

  Commands(String topic, Function<Console, Command> maker) {
    this.topic = topic;
    this.maker = maker;
  }

  /** What it is about; neighbours share it. */
  String topic() {
    return topic;
  }

  /** As it is typed, in one word or two. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  Command on(Console console) {
    return maker.apply(console);
  }

  static List<String> ids() {
    return Stream.of(values()).map(Commands::id).toList();
  }

  static Optional<Commands> named(String id) {
    return Stream.of(values()).filter(c -> c.id().equals(id)).findFirst();
  }
}
