package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import muninn.lab.expect.Job;
import muninn.lab.report.ReportJson;
import muninn.lab.report.Table;
import muninn.lab.report.TextTable;

/** What {@code muninn expect --job} says: a batch as it runs by itself, and others beside it. */
record ExpectedJob(Job job, Job.Plan byItself, List<Job.Plan> others) {
  private static final int LEAST = 64; // answers at once, and then twice as many, and so on
  private static final int MOST = 2048;

  static ExpectedJob of(Job job) {
    List<Job.Plan> others =
        IntStream.iterate(LEAST, n -> n <= MOST, n -> 2 * n).mapToObj(job::of).toList();
    return new ExpectedJob(job, job.byItself(), others);
  }

  void print(PrintWriter out) {
    out.println();
    if (byItself.fits()) {
      out.println(
          String.format(
              Locale.ROOT,
              "muninn batch, prompts of %d and answers of %d tokens: by itself up to %d requests in"
                  + " work, %d of them answering in ticks of %d lanes, %.0f output tokens/s",
              job.prompt(),
              job.answer(),
              byItself.requests(),
              byItself.answers(),
              byItself.lanes(),
              byItself.tokensPerSecond()));
    } else {
      out.println("muninn batch: the card has no memory for a request of this job");
    }
    out.println("With other numbers of answers at once (--max-sequences, --max-lanes):");
    out.print(TextTable.plain(table()));
  }

  void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("batch");
    json.writeNumberField("prompt", job.prompt());
    json.writeNumberField("answer", job.answer());
    ReportJson.fields(json, Table.of("batch", "", Job.COLUMNS, List.of(byItself)));
    json.writeEndObject();
    ReportJson.table(json, table());
  }

  private Table table() {
    return Table.of("jobs", "", Job.COLUMNS, others);
  }
}
