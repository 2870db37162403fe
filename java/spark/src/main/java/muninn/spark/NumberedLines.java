package muninn.spark;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntSupplier;
import muninn.files.Line;
import muninn.files.Lines;
import muninn.wire.AskedLine;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/**
 * JSONL as a batch job on one machine reads it: lines with their numbers, blank ones counted and
 * passed over, bytes as they are. Numbers go on from file to file, by name, where the input is a
 * folder. It is read twice, to be counted and to be dealt out, in Spark's plain collections:
 * planning a query of tables takes longer than that.
 */
final class NumberedLines {
  private NumberedLines() {}

  /**
   * Where a line goes.
   *
   * @param number the line's, counted from 1
   * @param task that answers it
   */
  record Place(long number, int task) implements Comparable<Place>, Serializable {
    @Override
    public int compareTo(Place other) {
      return Long.compare(number, other.number);
    }
  }

  /**
   * How many lines a part of the input has.
   *
   * @param all blank ones included
   */
  private record Count(long all, long asking) implements Serializable {}

  /**
   * The lines of each task in their order. Lines with the same id are in the same task, and a line
   * is in the same one whenever it is read again.
   *
   * @param slots tasks that can run at once, asked for when lines are counted: executors are there
   *     then
   * @param least lines that a task should have, unless there are not enough for all slots
   */
  static JavaPairRDD<Place, byte[]> read(
      JavaSparkContext context, String path, IntSupplier slots, long least) {
    JavaRDD<byte[]> lines =
        context
            .newAPIHadoopFile(
                path,
                FilesByName.class,
                LongWritable.class,
                Text.class,
                new Configuration(context.hadoopConfiguration()))
            .map(read -> read._2.copyBytes());
    List<Count> counts = lines.mapPartitions(part -> List.of(count(part)).iterator()).collect();
    int tasks = tasks(counts.stream().mapToLong(Count::asking).sum(), slots.getAsInt(), least);
    long[] before = new long[counts.size()]; // lines of earlier parts
    for (int i = 1; i < before.length; i++) {
      before[i] = before[i - 1] + counts.get(i - 1).all();
    }
    return lines
        .mapPartitionsWithIndex((part, read) -> numbered(read, before[part]), true)
        .filter(line -> !line.blank())
        .mapToPair(line -> new Tuple2<>(new Place(line.number(), task(line, tasks)), line.bytes()))
        .repartitionAndSortWithinPartitions(new ByPlace(tasks));
  }

  /** At most four tasks a slot, so that one that ends early finds another to do. */
  static int tasks(long rows, int slots, long least) {
    long most = 4L * slots;
    return (int) Math.max(slots, Math.min(most, rows / Math.max(1, least)));
  }

  /** A line, as far as it is kept. */
  static Line line(long number, byte[] bytes) {
    return new Line(number, bytes, bytes.length > Lines.MAX_BYTES, Lines.MAX_BYTES);
  }

  private static Count count(Iterator<byte[]> lines) {
    long all = 0;
    long asking = 0;
    while (lines.hasNext()) {
      all++;
      asking += line(all, lines.next()).blank() ? 0 : 1;
    }
    return new Count(all, asking);
  }

  private static Iterator<Line> numbered(Iterator<byte[]> lines, long before) {
    return new Iterator<>() {
      private long number = before;

      @Override
      public boolean hasNext() {
        return lines.hasNext();
      }

      @Override
      public Line next() {
        return line(++number, lines.next());
      }
    };
  }

  /** By its id where it has one, else in turn. */
  private static int task(Line line, int tasks) {
    AskedLine asked = AskedLine.of(line);
    JsonNode id = asked.customId();
    boolean named = asked.error() == null && !id.isNull();
    return Math.floorMod(named ? id.toString().hashCode() : line.number(), tasks);
  }

  /** Deals lines out as their places say. */
  private static final class ByPlace extends Partitioner {
    private static final long serialVersionUID = 1;

    private final int tasks;

    ByPlace(int tasks) {
      this.tasks = tasks;
    }

    @Override
    public int numPartitions() {
      return tasks;
    }

    @Override
    public int getPartition(Object place) {
      return ((Place) place).task();
    }
  }
}
