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
import muninn.cli.args.Usage;
import muninn.cli.args.Value;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.lab.expect.Card;
import muninn.lab.expect.Expectation;
import muninn.lab.expect.Goals;
import muninn.lab.expect.Job;
import muninn.lab.expect.TimingModel;
import muninn.lab.report.Numbers;
import muninn.lab.report.ReportJson;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;
import muninn.model.Config;
import muninn.model.KvSharing;
import muninn.model.Model;
import muninn.model.RandomModel;
import muninn.model.WeightChoice;

/** {@code muninn expect}: what a GPU that nobody need have is expected to do. */
final class ExpectCommand implements Command {
  private static final List<Format> KEPT = List.of(Format.BF16, KvCache.FP8, KvCache.INT8);
  private static final Value<List<Integer>> COUNTS = Value.whole("N", 1, 1 << 16).list();

  private static final Option<String> MODEL =
      Option.of("--model", ModelOptions.NAME, "Checkpoint folder, or a shape to be planned with.")
          .byDefaultSaid("random:huginn-0125")
          .letter('m')
          .shown();
  static final Option<String> CARD =
      Option.of("--card", Value.oneOf(Card.ids()), "The GPU.").byDefault(Card.H100.id()).shown();
  private static final Option<List<Integer>> LANES =
      Option.of("--lanes", COUNTS, "Sequences that are answered at once.")
          .or(List.of(1, 8, 64, 256))
          .byDefaultSaid("1,8,64,256")
          .shown();
  private static final Option<List<Integer>> CONTEXT =
      Option.of("--context", COUNTS, "Positions that each of them looks back on.")
          .byDefaultSaid("those of 128,1024,4096 that block_size allows")
          .shown();
  private static final List<Integer> CONTEXTS = List.of(128, 1024, 4096);
  private static final Option<Integer> STEPS =
      RequestFlags.STEPS.helping(
          "Recurrence steps of a token. Default: the model's mean_recurrence.");
  static final Option<Format> KV_DTYPE =
      Option.of(
              "--kv-dtype",
              Value.oneOf(KEPT.stream().map(Format::label).toList())
                  .read(name -> KEPT.stream().filter(one -> one.label().equals(name)).findFirst()),
              "What keys and values are kept in.")
          .also("--kv-cache-dtype")
          .byDefault(Format.BF16)
          .shown();
  private static final Option<List<Integer>> JOB =
      Option.of(
              "--job",
              Value.whole("N", 1, 1 << 16).list(),
              "Beside it: what 'muninn batch' would make of a long job whose prompts have the first"
                  + " number of tokens and whose answers the second, as --job 128,128.")
          .shown();
  private static final String WARPGROUPS = "linear=wgmma";
  private static final Option<String> KERNELS =
      Option.of(
              "--kernels",
              Value.oneOf(List.of(WARPGROUPS)),
              "Products by the warpgroups of h100 and h200, as the same choice in other commands.")
          .byDefaultSaid("as a device chooses by itself");
  private static final Option<Boolean> GOALS =
      Option.flag(
          "--goals", "Beside it: what this project wants at 32 steps, and whether it is reached.");
  private static final Option<Boolean> JSON =
      Option.flag("--json", "Print one JSON object.").shown();

  private final Console console;

  ExpectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Usage usage() {
    return Usage.of("expect", "Works out what a GPU would do with a model, from shapes alone.")
        .details(
            "A timing model, not a measurement: no GPU and no weights are needed. Per number of"
                + " sequences and context it says the time of a recurrence step, the tokens a"
                + " second of sequences that all think equally long, what binds (memory, L2 cache,"
                + " shared memory, instruction issue, tensor cores, or tails, where kernels wait"
                + " for one another), and how many such sequences the card's memory holds. Products"
                + " multiply bfloat16.",
            "Tokens a second of the table are of answers alone, all with that many positions behind"
                + " them: prompts are not in it. --job plans prompts and answers together.")
        .groups(
            Group.of(
                    "What is planned",
                    MODEL,
                    CARD,
                    LANES,
                    CONTEXT,
                    JOB,
                    STEPS,
                    InspectCommand.KV,
                    KV_DTYPE,
                    KERNELS)
                .and(WeightOptions.WEIGHTS, WeightOptions.KEEP),
            Group.of("Output", JSON, GOALS))
        .examples(
            "muninn expect --card h100",
            "muninn expect --model random:ouro-1.4b --card 4090 --lanes 1,16 --context 2048",
            "muninn expect --card 4090 --job 512,128 --kv mod:4 --kv-dtype fp8",
            "muninn expect --card h200 --lanes 256 --context 256 --steps 32 --kv mod:4 --kv-dtype"
                + " fp8");
  }

  @Override
  public int run(Arguments given) {
    TimingModel timing = timing(given);
    String name =
        given.has(MODEL)
            ? ModelOptions.checked(given.get(MODEL))
            : RandomModel.PREFIX + "huginn-0125";
    try (Model model = Model.open(name)) {
      int most = model.config().blockSize();
      List<Integer> contexts =
          given.has(CONTEXT)
              ? given.get(CONTEXT)
              : CONTEXTS.stream().filter(context -> context <= most).toList();
      given.require(
          contexts.stream().allMatch(context -> context <= most),
          CONTEXT,
          String.format(Locale.ROOT, "from 1 to %d, the model's block_size", most));
      int steps = given.has(STEPS) ? given.get(STEPS) : model.config().meanRecurrence();
      KvSharing kv = given.get(InspectCommand.KV);
      WeightChoice choice = WeightOptions.of(given);
      String kernels = given.has(KERNELS) ? given.get(KERNELS) : "";
      Expectation expected =
          Expectation.of(
              model, timing, steps, kv, given.get(KV_DTYPE), choice, given.get(LANES), contexts);
      Optional<ExpectedJob> job = job(given, model, timing, steps, kv, choice).map(ExpectedJob::of);
      if (given.get(JSON)) {
        JsonOutput.print(
            console.out(),
            json -> {
              write(json, name, expected, kernels, given.line());
              if (job.isPresent()) {
                job.get().write(json);
              }
              if (given.get(GOALS)) {
                ReportJson.table(json, goals(model, timing));
              }
            });
      } else {
        print(console.out(), name, expected, kernels);
        job.ifPresent(it -> it.print(console.out()));
        if (given.get(GOALS)) {
          console.out().println();
          console.out().print(TextTable.plain(goals(model, timing)));
        }
        console.out().flush();
      }
    }
    return 0;
  }

  private static Optional<Job> job(
      Arguments given,
      Model model,
      TimingModel timing,
      int steps,
      KvSharing kv,
      WeightChoice choice) {
    if (!given.has(JOB)) {
      return Optional.empty();
    }
    List<Integer> both = given.get(JOB);
    int most = model.config().blockSize();
    given.require(
        both.size() == 2 && both.getFirst() + both.getLast() <= most,
        JOB,
        String.format(
            Locale.ROOT,
            "two numbers, of prompts' tokens and of answers', at most %d together, the model's"
                + " block_size",
            most));
    return Optional.of(
        new Job(
            model,
            timing,
            steps,
            kv,
            given.get(KV_DTYPE),
            choice,
            both.getFirst(),
            both.getLast()));
  }

  private static TimingModel timing(Arguments given) {
    Card card = Card.named(given.get(CARD)).orElseThrow();
    return given.has(KERNELS) ? TimingModel.ofWarpgroups(card) : new TimingModel(card);
  }

  private static void print(PrintWriter out, String name, Expectation expected, String kernels) {
    Config c = expected.config();
    out.println(
        String.format(
            Locale.ROOT,
            "%s on %s%s: expected, not measured",
            name,
            expected.card().title(),
            kernels.isEmpty() ? "" : ", kernels " + kernels));
    out.println(
        String.format(
            Locale.ROOT,
            "blocks %d/%d/%d, width %d; %d steps a token, keys %s in %s; weights %s, %s",
            c.prelude(),
            c.core(),
            c.coda(),
            c.width(),
            expected.steps(),
            expected.kv(),
            expected.kept(),
            Numbers.bytes(expected.weightBytes()),
            String.join(" and ", expected.matrixBytes().keySet())));
    out.println();
    out.print(TextTable.plain(table(expected)));
    if (expected.rows().stream().anyMatch(row -> !row.fits())) {
      out.println();
      out.println(
          String.format(
              Locale.ROOT,
              "Where fewer sequences fit than are asked for, %s has no memory for it: fewer lanes,"
                  + " a shorter context, shared keys (--kv mod:4), or smaller ones (--kv-dtype"
                  + " fp8).",
              expected.card().title()));
    }
  }

  private static Table table(Expectation expected) {
    return Table.of("rows", "", Expectation.COLUMNS, expected.rows());
  }

  private static Table goals(Model model, TimingModel timing) {
    return Table.of("goals", "", Goals.COLUMNS, new Goals(model, timing).all());
  }

  private static void write(
      JsonGenerator json, String name, Expectation expected, String kernels, List<String> command)
      throws IOException {
    json.writeStringField("muninn", Version.number());
    json.writeStringField("kind", "expected by a timing model, not measured");
    json.writeArrayFieldStart("command");
    for (String word : command) {
      json.writeString(word);
    }
    json.writeEndArray();
    json.writeStringField("model", name);
    json.writeStringField("card", expected.card().id());
    JsonOutput.weights(json, expected.matrixBytes());
    json.writeStringField("kv", expected.kv().toString());
    json.writeStringField("kv_dtype", expected.kept().label());
    json.writeStringField("kernels", kernels);
    json.writeNumberField("steps", expected.steps());
    json.writeNumberField("weight_bytes", expected.weightBytes());
    ReportJson.table(json, table(expected));
  }
}
