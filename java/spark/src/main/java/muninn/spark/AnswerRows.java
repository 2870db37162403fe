package muninn.spark;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.Options;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AskedLine;
import muninn.wire.LineAnswers;
import muninn.wire.Responder;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Answers the rows of a task, each in place of its last three columns, in the order they finish:
 * the number of the line, the request as JSON, and the number of an earlier line with the same id,
 * or null. A bounded number of rows is in work, across the whole task, so the engine batches
 * continuously and a task of any size takes little memory.
 */
record AnswerRows(BatchOptions options, Counters counters)
    implements MapPartitionsFunction<Row, Row> {
  /** Columns that are replaced by the answer. */
  static final int ASKING = 3;

  /** Requests handed over for each that can be in work, so that no place waits for us. */
  private static final int QUEUE_FACTOR = 4;

  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws InterruptedException {
    if (!rows.hasNext()) {
      return Collections.emptyIterator();
    }
    TaskContext task = TaskContext.get();
    long began = System.nanoTime();
    Engines.Lease lease = Engines.borrow(new Engines.Wanted(options.model(), engine(task)));
    counters.openedNanos().add(System.nanoTime() - began);
    task.addTaskCompletionListener((TaskCompletionListener) _ -> lease.close());
    Engine engine = lease.engine();
    Options defaults = options.over(Options.of(engine.model().config()));
    return new Answering(rows, lease, Responder.of(engine), defaults, task);
  }

  /** On the task's device; threads are as many as Spark counts on for the executor. */
  private EngineOptions engine(TaskContext task) {
    DeviceOptions device = options.engine().device();
    int cores = SparkEnv.get().conf().getInt("spark.executor.cores", task.cpus());
    DeviceOptions here =
        device
            .on(TaskDevice.of(device.device(), task.resourcesJMap()))
            .withThreads(device.threads() == 0 ? cores : device.threads());
    int steps = options.over(Options.DEFAULT.withSteps(1)).steps();
    return options.engine().on(here).withSteps(steps);
  }

  /** The answers of one task. */
  private final class Answering implements Iterator<Row> {
    private final Map<Long, Row> asked = new HashMap<>();
    private final LineAnswers answers;
    private final Engines.Lease lease;
    private final TaskContext task;
    private final long began = System.nanoTime();
    private boolean working = true; // requests are at the engine until the last is answered

    Answering(
        Iterator<Row> rows,
        Engines.Lease lease,
        Responder responder,
        Options defaults,
        TaskContext task) {
      this.lease = lease;
      this.task = task;
      int inFlight = QUEUE_FACTOR * options.engine().mostSequences();
      answers = new LineAnswers(lines(rows), responder, defaults, inFlight);
      // Listeners are called last first: what is in work is cancelled before the lease ends.
      task.addTaskCompletionListener((TaskCompletionListener) _ -> answers.close());
    }

    private Iterator<AskedLine> lines(Iterator<Row> rows) {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return rows.hasNext();
        }

        @Override
        public AskedLine next() {
          return ask(rows.next());
        }
      };
    }

    private AskedLine ask(Row row) {
      int at = row.size() - ASKING;
      long number = row.getLong(at);
      byte[] request = row.getAs(at + 1);
      asked.put(number, row);
      boolean tooLong = request.length > Lines.MAX_BYTES;
      AskedLine line = AskedLine.of(new Line(number, request, tooLong, Lines.MAX_BYTES));
      boolean repeats = line.error() == null && !row.isNullAt(at + 2);
      return repeats ? line.repeating(row.getLong(at + 2)) : line;
    }

    @Override
    public boolean hasNext() {
      boolean more = answers.hasNext();
      if (!more && working) {
        working = false;
        counters.workingNanos().add(System.nanoTime() - began);
      }
      if (task.isInterrupted()) {
        throw new TaskKilledException("ended while rows were in work");
      }
      return more;
    }

    @Override
    public Row next() {
      LineAnswers.Answered answer;
      try {
        answer = answers.next();
      } catch (IllegalStateException e) {
        lease.giveUp();
        throw e;
      }
      counters.add(answer);
      Row row = asked.remove(answer.number());
      Object[] values = new Object[row.size() - ASKING + 1];
      for (int i = 0; i < values.length - 1; i++) {
        values[i] = row.get(i);
      }
      String json = new String(answer.json(), StandardCharsets.UTF_8);
      values[values.length - 1] = json.stripTrailing();
      return RowFactory.create(values);
    }
  }
}
