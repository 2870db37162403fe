package muninn.spark;

import java.io.Serializable;
import muninn.engine.answer.Completion;
import muninn.wire.LineAnswers;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * What has been done, as Spark's page of a stage shows it while tasks run. A row that is answered
 * again after a failure counts again.
 *
 * @param rows answered, errors included
 * @param errors rows whose answer is an error
 * @param tokens new ones
 * @param passes core passes that an answer had a lane in, summed over answers
 * @param steps recurrence steps, those of prompts and of squashed lanes included
 * @param workingNanos time in which tasks had requests at their engine
 * @param openedNanos time that tasks waited until it was open
 */
record Counters(
    LongAccumulator rows,
    LongAccumulator errors,
    LongAccumulator tokens,
    LongAccumulator passes,
    LongAccumulator steps,
    LongAccumulator workingNanos,
    LongAccumulator openedNanos)
    implements Serializable {

  static Counters of(SparkContext spark) {
    return new Counters(
        spark.longAccumulator("muninn rows"),
        spark.longAccumulator("muninn errors"),
        spark.longAccumulator("muninn tokens"),
        spark.longAccumulator("muninn core passes"),
        spark.longAccumulator("muninn steps"),
        spark.longAccumulator("muninn nanoseconds in the engine"),
        spark.longAccumulator("muninn nanoseconds to open the engine"));
  }

  void add(LineAnswers.Answered answer) {
    rows.add(1L);
    errors.add(answer.error() == null ? 0L : 1L);
    tokens.add(answer.tokens());
    for (Completion one : answer.answers()) {
      passes.add(one.stats().ticks());
      steps.add(one.stats().steps());
    }
  }
}
