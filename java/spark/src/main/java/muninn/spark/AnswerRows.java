package muninn.spark;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import muninn.wire.AskedLine;
import muninn.wire.LineAnswers;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Answers the rows of a task, each in place of its last two columns: the number of the row and the
 * request as JSON.
 */
record AnswerRows(TaskAnswers answers) implements MapPartitionsFunction<Row, Row> {
  /** Columns that are replaced by the answer. */
  static final int ASKING = 2;

  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws InterruptedException {
    Map<Long, Row> asked = new HashMap<>();
    return answers.to(rows, row -> ask(row, asked), answer -> answered(answer, asked));
  }

  private static AskedLine ask(Row row, Map<Long, Row> asked) {
    int at = row.size() - ASKING;
    long number = row.getLong(at);
    byte[] request = row.getAs(at + 1);
    asked.put(number, row);
    return AskedLine.of(NumberedLines.line(number, request));
  }

  private static Row answered(LineAnswers.Answered answer, Map<Long, Row> asked) {
    Row row = asked.remove(answer.number());
    Object[] values = new Object[row.size() - ASKING + 1];
    Arrays.setAll(values, i -> i < values.length - 1 ? row.get(i) : null);
    String json = new String(answer.json(), StandardCharsets.UTF_8);
    values[values.length - 1] = json.stripTrailing();
    return RowFactory.create(values);
  }
}
