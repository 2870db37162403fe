package muninn.spark;

import java.io.Serializable;
import java.util.Collections;
import java.util.Iterator;
import java.util.function.Function;
import muninn.engine.DeviceOptions;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.engine.request.Options;
import muninn.wire.AskedLine;
import muninn.wire.LineAnswers;
import muninn.wire.Responder;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Answers what a task is given, in the order in which answers finish. A bounded number of requests
 * is in work, across the whole task, so the engine batches continuously and a task of any size
 * takes little memory.
 */
record TaskAnswers(BatchOptions options, Counters counters) implements Serializable {
  /** Requests handed over for each that can be in work, so that no place waits for us. */
  private static final int QUEUE_FACTOR = 4;

  /**
   * The answers of this thread's task.
   *
   * @param ask what an element asks
   * @param answered what an answer becomes
   */
  <A, B> Iterator<B> to(
      Iterator<A> asking, Function<A, AskedLine> ask, Function<LineAnswers.Answered, B> answered)
      throws InterruptedException {
    if (!asking.hasNext()) {
      return Collections.emptyIterator();
    }
    TaskContext task = TaskContext.get();
    long began = System.nanoTime();
    Engines.Lease lease = Engines.borrow(new Engines.Wanted(options.model(), engine(task)));
    counters.openedNanos().add(System.nanoTime() - began);
    task.addTaskCompletionListener((TaskCompletionListener) _ -> lease.close());
    Iterator<LineAnswers.Answered> answers =
        new Answering(each(asking, ask), lease, counters, task, options);
    return each(answers, answered);
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

  private static <A, B> Iterator<B> each(Iterator<A> elements, Function<A, B> function) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return elements.hasNext();
      }

      @Override
      public B next() {
        return function.apply(elements.next());
      }
    };
  }

  /** Keeps the time, and ends with the task. */
  private static final class Answering implements Iterator<LineAnswers.Answered> {
    private final LineAnswers answers;
    private final Engines.Lease lease;
    private final Counters counters;
    private final TaskContext task;
    private final long began = System.nanoTime();
    private boolean working = true; // requests are at the engine until the last is answered

    Answering(
        Iterator<AskedLine> lines,
        Engines.Lease lease,
        Counters counters,
        TaskContext task,
        BatchOptions options) {
      this.lease = lease;
      this.counters = counters;
      this.task = task;
      Engine engine = lease.engine();
      Options defaults = options.over(Options.of(engine.model().config()));
      int inFlight = QUEUE_FACTOR * options.engine().mostSequences();
      answers = new LineAnswers(lines, Responder.of(engine), defaults, inFlight);
      // Listeners are called last first: what is in work is cancelled before the lease ends.
      task.addTaskCompletionListener((TaskCompletionListener) _ -> answers.close());
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
    public LineAnswers.Answered next() {
      LineAnswers.Answered answer;
      try {
        answer = answers.next();
      } catch (IllegalStateException e) {
        lease.giveUp();
        throw e;
      }
      counters.add(answer);
      return answer;
    }
  }
}
