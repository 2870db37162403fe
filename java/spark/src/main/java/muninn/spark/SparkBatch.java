package muninn.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import muninn.UserException;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.wire.PromptReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Answers the rows of a dataset. A row's answer depends on the row and the options alone, so it is
 * the same on whichever executor, in whichever task, and when it is made again after a failure.
 */
public final class SparkBatch {
  /** The column of answers. */
  public static final String ANSWER = "answer";

  private SparkBatch() {}

  /**
   * The same rows, in any order, with a column {@code answer} of what the answer's line has in a
   * batch job: text, tokens, steps, finish_reason, usage …, or error alone.
   *
   * <p>Columns that are named as the fields of a line ({@code prompt}, {@code messages} or {@code
   * tokens}, and options such as {@code seed}) are read; null counts as not stated. All others are
   * passed on. Each partition is answered by one task: it should have some hundred rows at least.
   *
   * @throws UserException when no column holds prompts, or one is named {@code answer}
   */
  public static Dataset<Row> answer(Dataset<Row> prompts, BatchOptions options) {
    return answer(prompts, options, Counters.of(prompts.sparkSession().sparkContext()));
  }

  static Dataset<Row> answer(Dataset<Row> prompts, BatchOptions options, Counters counters) {
    List<String> columns = Arrays.asList(prompts.columns());
    if (columns.contains(ANSWER)) {
      throw new UserException(
          "there is a column named answer already, which is what the answers' column is called:"
              + " rename it");
    }
    List<Column> read = new ArrayList<>();
    for (String column : columns) {
      if (PromptReader.FIELDS.contains(column) || RequestOptions.named(column).isPresent()) {
        read.add(functions.col(quoted(column)));
      }
    }
    if (columns.stream().noneMatch(PromptReader.FIELDS::contains)) {
      throw UserException.of(
          "no column holds prompts: wanted prompt, messages or tokens, found %s",
          String.join(", ", columns));
    }
    Dataset<Row> asking =
        prompts
            .withColumn("_line", functions.monotonically_increasing_id())
            .withColumn(
                "_request",
                functions
                    .to_json(functions.struct(read.toArray(Column[]::new)))
                    .cast(DataTypes.BinaryType));
    StructType answered = prompts.schema().add(ANSWER, DataTypes.StringType, false);
    AnswerRows answers = new AnswerRows(new TaskAnswers(options, counters));
    return asking
        .mapPartitions(answers, Encoders.row(answered))
        .withColumn(ANSWER, functions.from_json(functions.col(ANSWER), AnswerColumns.TYPE));
  }

  /** Names of the options that a row may state. */
  static List<String> optionNames() {
    return RequestOptions.ALL.stream().map(RequestOption::name).toList();
  }

  private static String quoted(String column) {
    return "`" + column.replace("`", "``") + "`";
  }
}
