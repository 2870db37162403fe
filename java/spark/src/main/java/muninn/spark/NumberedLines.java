package muninn.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.StreamSupport;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AskedLine;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.lib.input.TextInputFormat;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * JSONL as a batch job on one machine reads it: lines with their numbers, blank ones counted and
 * passed over, bytes as they are, and an id that belongs to the first line that has it. Numbers go
 * on from file to file where the input is a folder.
 */
final class NumberedLines {
  private static final StructType LINE =
      new StructType()
          .add("line", DataTypes.LongType, false)
          .add("request", DataTypes.BinaryType, false);
  private static final StructType ID =
      new StructType()
          .add("line", DataTypes.LongType, false)
          .add("id", DataTypes.StringType, false);

  private NumberedLines() {}

  /**
   * The lines, as {@link AnswerRows} wants them.
   *
   * @param slots tasks that can run at once
   * @param least lines that a task should have, unless there are not enough for all slots
   */
  static Dataset<Row> read(SparkSession spark, String path, int slots, long least) {
    JavaRDD<Row> lines =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .newAPIHadoopFile(
                path,
                TextInputFormat.class,
                LongWritable.class,
                Text.class,
                new Configuration(spark.sparkContext().hadoopConfiguration()))
            .map(read -> read._2.copyBytes())
            .zipWithIndex()
            .map(numbered -> RowFactory.create(numbered._2 + 1, numbered._1))
            .filter(row -> !line(row).blank());
    int tasks = tasks(lines.count(), slots, least);
    // By number, not by turns: a line is then in the same task whenever it is read again.
    return spark
        .createDataFrame(lines, LINE)
        .join(functions.broadcast(repeated(spark, lines)), "line", "left")
        .repartition(tasks, functions.col("line"))
        .select("line", "request", "repeats");
  }

  /** At most four tasks a slot, so that one that ends early finds another to do. */
  static int tasks(long rows, int slots, long least) {
    long most = 4L * slots;
    return (int) Math.max(slots, Math.min(most, rows / Math.max(1, least)));
  }

  /** Lines with the id of an earlier one, and which that is. */
  private static Dataset<Row> repeated(SparkSession spark, JavaRDD<Row> lines) {
    return spark
        .createDataFrame(lines.mapPartitions(NumberedLines::ids), ID)
        .withColumn("repeats", functions.min("line").over(Window.partitionBy(functions.col("id"))))
        .where("line > repeats")
        .select("line", "repeats");
  }

  private static Iterator<Row> ids(Iterator<Row> rows) {
    Iterable<Row> all = () -> rows;
    return StreamSupport.stream(all.spliterator(), false)
        .flatMap(row -> id(row).stream())
        .iterator();
  }

  private static List<Row> id(Row row) {
    AskedLine line = AskedLine.of(line(row));
    JsonNode id = line.customId();
    return line.error() != null || id.isNull()
        ? Collections.emptyList()
        : List.of(RowFactory.create(line.number(), id.toString()));
  }

  private static Line line(Row row) {
    byte[] bytes = row.getAs(1);
    return new Line(row.getLong(0), bytes, bytes.length > Lines.MAX_BYTES, Lines.MAX_BYTES);
  }
}
