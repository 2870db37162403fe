package muninn.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AskedLine;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.lib.input.TextInputFormat;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/**
 * JSONL as a batch job on one machine reads it: lines with their numbers, blank ones counted and
 * passed over, bytes as they are, and an id that belongs to the first line that has it. Numbers go
 * on from file to file where the input is a folder. In Spark's plain collections, for planning a
 * query of tables takes longer than what is to be done here.
 */
final class NumberedLines {
  private static final StructType ASKING =
      new StructType()
          .add("line", DataTypes.LongType, false)
          .add("request", DataTypes.BinaryType, false)
          .add("repeats", DataTypes.LongType, true);

  private NumberedLines() {}

  /**
   * The lines, as {@link AnswerRows} wants them.
   *
   * @param slots tasks that can run at once
   * @param least lines that a task should have, unless there are not enough for all slots
   */
  static Dataset<Row> read(SparkSession spark, String path, int slots, long least) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    JavaPairRDD<Long, byte[]> lines =
        context
            .newAPIHadoopFile(
                path,
                TextInputFormat.class,
                LongWritable.class,
                Text.class,
                new Configuration(spark.sparkContext().hadoopConfiguration()))
            .map(read -> read._2.copyBytes())
            .zipWithIndex()
            .mapToPair(numbered -> new Tuple2<>(numbered._2 + 1, numbered._1))
            .filter(line -> !line(line).blank());
    int tasks = tasks(lines.count(), slots, least);
    Broadcast<Map<Long, Long>> repeated = context.broadcast(repeated(lines));
    // By number, not by turns: a line is then in the same task whenever it is read again.
    JavaRDD<Row> rows =
        lines
            .partitionBy(new HashPartitioner(tasks))
            .map(line -> RowFactory.create(line._1, line._2, repeated.value().get(line._1)));
    return spark.createDataFrame(rows, ASKING);
  }

  /** At most four tasks a slot, so that one that ends early finds another to do. */
  static int tasks(long rows, int slots, long least) {
    long most = 4L * slots;
    return (int) Math.max(slots, Math.min(most, rows / Math.max(1, least)));
  }

  /** Lines with the id of an earlier one, and which that is. */
  private static Map<Long, Long> repeated(JavaPairRDD<Long, byte[]> lines) {
    return Map.copyOf(
        lines
            .flatMapToPair(
                line -> id(line).map(id -> new Tuple2<>(id, line._1)).stream().iterator())
            .groupByKey()
            .flatMapToPair(same -> laterOnes(same._2))
            .collectAsMap());
  }

  private static Iterator<Tuple2<Long, Long>> laterOnes(Iterable<Long> lines) {
    long first = Long.MAX_VALUE;
    for (long line : lines) {
      first = Math.min(first, line);
    }
    List<Tuple2<Long, Long>> later = new ArrayList<>();
    for (long line : lines) {
      if (line > first) {
        later.add(new Tuple2<>(line, first));
      }
    }
    return later.iterator();
  }

  private static Optional<String> id(Tuple2<Long, byte[]> numbered) {
    AskedLine line = AskedLine.of(line(numbered));
    JsonNode id = line.customId();
    return line.error() != null || id.isNull() ? Optional.empty() : Optional.of(id.toString());
  }

  private static Line line(Tuple2<Long, byte[]> numbered) {
    byte[] bytes = numbered._2;
    return new Line(numbered._1, bytes, bytes.length > Lines.MAX_BYTES, Lines.MAX_BYTES);
  }
}
