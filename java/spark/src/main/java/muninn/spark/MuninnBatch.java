package muninn.spark;

import java.io.IOException;
import java.util.Locale;
import java.util.function.IntSupplier;
import muninn.UserException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * {@code spark-submit muninn-spark.jar INPUT OUTPUT …}: a batch job on a cluster. Lines are those
 * of {@code muninn batch}, in and out.
 */
public final class MuninnBatch {
  private MuninnBatch() {}

  /** Runs a job; the process ends with 2 for bad usage and 1 when the job failed. */
  public static void main(String[] arguments) {
    SubmitOptions options;
    BatchOptions batch;
    try {
      options = new SubmitOptions(arguments);
      if (options.help()) {
        System.out.print(SubmitOptions.USAGE);
        return;
      }
      options.parquet();
      batch = options.batch();
    } catch (UserException e) {
      end(e.getMessage(), 2);
      return;
    }
    SparkConf conf = new SparkConf().setIfMissing("spark.app.name", "muninn batch");
    String failure = null;
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      failure = run(spark, options, batch);
    } catch (UserException e) {
      failure = e.getMessage();
    } catch (RuntimeException | IOException | AnalysisException e) {
      failure = reason(e);
    }
    if (failure != null) {
      end(failure, 1);
    }
  }

  /** Answers why it failed; null where it did not. */
  private static String run(JavaSparkContext spark, SubmitOptions options, BatchOptions batch)
      throws IOException, AnalysisException {
    long began = System.nanoTime();
    Counters counters = Counters.of(spark.sc());
    JsonlFolder.check(
        options.input(), options.output(), options.overwrite(), spark.hadoopConfiguration());
    if (options.parquet()) {
      answerTables(options, batch, counters);
    } else {
      answerLines(spark, options, new TaskAnswers(batch, counters));
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    long rows = counters.rows().value();
    long errors = counters.errors().value();
    System.err.printf(
        Locale.ROOT,
        "%s: %d lines answered (%d with an error), %d tokens, %d steps in %.1f s, %.0f tokens/s%n",
        options.output(),
        rows,
        errors,
        counters.tokens().value(),
        counters.steps().value(),
        seconds,
        counters.tokens().value() / seconds);
    System.err.println(outside(spark.sc(), counters, seconds));
    return rows > 0 && errors == rows ? "every line was answered by an error" : null;
  }

  private static void answerTables(SubmitOptions options, BatchOptions batch, Counters counters) {
    Dataset<Row> prompts = SparkSession.builder().getOrCreate().read().parquet(options.input());
    Dataset<Row> spread =
        options.partitions() == 0 ? prompts : prompts.repartition(options.partitions());
    SaveMode mode = options.overwrite() ? SaveMode.Overwrite : SaveMode.ErrorIfExists;
    SparkBatch.answer(spread, batch, counters).write().mode(mode).parquet(options.output());
  }

  private static void answerLines(
      JavaSparkContext spark, SubmitOptions options, TaskAnswers answers) throws IOException {
    int asked = options.partitions();
    IntSupplier slots = () -> asked == 0 ? spark.defaultParallelism() : asked;
    long least = asked == 0 ? 4L * answers.options().engine().mostSequences() : Long.MAX_VALUE;
    JsonlFolder.write(
        NumberedLines.read(spark, options.input(), slots, least)
            .mapPartitionsToPair(new AnswerJsonl(answers)),
        options.output(),
        options.overwrite(),
        spark.hadoopConfiguration());
  }

  /** How much of the time that tasks could have had was spent outside the engines. */
  private static String outside(SparkContext spark, Counters counters, double seconds) {
    int tasks =
        spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
    double working = counters.workingNanos().value() / 1e9;
    double opened = counters.openedNanos().value() / 1e9;
    return outside(Math.max(1, tasks), seconds, working, opened);
  }

  static String outside(int tasks, double seconds, double working, double opened) {
    double all = tasks * seconds;
    return String.format(
        Locale.ROOT,
        "outside the engines: %.1f %% of %d tasks x %.1f s; in them %.1f s, and %.1f s until they"
            + " were open",
        100 * (1 - (working + opened) / all),
        tasks,
        seconds,
        working,
        opened);
  }

  /**
   * The user's mistake where there is one on the way down, else the first line of what happened.
   */
  private static String reason(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UserException) {
        return cause.getMessage();
      }
    }
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("failed");
  }

  private static void end(String message, int code) {
    System.err.println("muninn: " + message);
    System.exit(code);
  }
}
