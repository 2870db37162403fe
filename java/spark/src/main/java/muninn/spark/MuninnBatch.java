package muninn.spark;

import java.util.Locale;
import muninn.UserException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
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
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";

  /** What the engine asks of a JVM. */
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";

  private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";

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
    conf.set(EXECUTOR_OPTIONS, withOurs(conf.get(EXECUTOR_OPTIONS, "")));
    String failure = null;
    SparkSession spark = SparkSession.builder().config(conf).getOrCreate();
    try {
      failure = run(spark, options, batch);
    } catch (UserException e) {
      failure = e.getMessage();
    } catch (RuntimeException | AnalysisException e) {
      failure = reason(e);
    } finally {
      spark.stop();
    }
    if (failure != null) {
      end(failure, 1);
    }
  }

  /** Answers why it failed; null where it did not. */
  private static String run(SparkSession spark, SubmitOptions options, BatchOptions batch)
      throws AnalysisException {
    long began = System.nanoTime();
    Counters counters = Counters.of(spark.sparkContext());
    SaveMode mode = options.overwrite() ? SaveMode.Overwrite : SaveMode.ErrorIfExists;
    if (options.parquet()) {
      Dataset<Row> prompts = spark.read().parquet(options.input());
      Dataset<Row> spread =
          options.partitions() == 0 ? prompts : prompts.repartition(options.partitions());
      SparkBatch.answer(spread, batch, counters).write().mode(mode).parquet(options.output());
    } else {
      int asked = options.partitions();
      int slots = asked == 0 ? spark.sparkContext().defaultParallelism() : asked;
      long least = asked == 0 ? 4L * batch.engine().mostSequences() : Long.MAX_VALUE;
      Dataset<Row> lines = NumberedLines.read(spark, options.input(), slots, least);
      SparkBatch.answerLines(lines, batch, counters).write().mode(mode).text(options.output());
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
    System.err.println(outside(spark.sparkContext(), counters, seconds));
    return rows > 0 && errors == rows ? "every line was answered by an error" : null;
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

  /** The options of executors' JVMs with those that the engine needs. */
  static String withOurs(String options) {
    StringBuilder all = new StringBuilder(options);
    if (!options.contains("jdk.incubator.vector")) {
      all.append(' ').append(VECTOR);
    }
    if (!options.contains("--enable-native-access")) {
      all.append(' ').append(NATIVE);
    }
    return all.toString().strip();
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
