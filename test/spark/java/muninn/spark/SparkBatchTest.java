package muninn.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import muninn.UserException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Tuple2;

/** The Java interface, in a Spark within this process. */
class SparkBatchTest {
  private static final BatchOptions OPTIONS =
      BatchOptions.of(Job.MODEL.toString()).withRequests("steps=8", "max_tokens=4");

  private static SparkSession spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", 2)
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void aJobSaysHowMuchOfItsTimeWasNotItsEngines() {
    assertThat(MuninnBatch.outside(2, 60, 109.2, 6))
        .isEqualTo(
            "outside the engines: 4.0 % of 2 tasks x 60.0 s; in them 109.2 s, and 6.0 s until they"
                + " were open");
  }

  @Test
  void rowsOfParquetKeepTheirColumnsAndGetAnAnswer() {
    String in = folder.resolve("in.parquet").toString();
    String out = folder.resolve("out.parquet").toString();
    prompts().write().parquet(in);

    SparkBatch.answer(spark.read().parquet(in), OPTIONS).write().parquet(out);

    Dataset<Row> answered = spark.read().parquet(out);
    assertThat(answered.columns()).containsExactly("name", "prompt", "max_tokens", "answer");
    List<Row> rows =
        answered
            .select(
                "name",
                "max_tokens",
                "answer.text",
                "answer.finish_reason",
                "answer.error",
                "answer.steps",
                "answer.usage.completion_tokens")
            .orderBy("name")
            .collectAsList();
    assertThat(rows).hasSize(3);
    assertThat(rows.get(0).getString(2)).isEqualTo("46");
    assertThat(rows.get(0).getString(3)).isEqualTo("stop");
    assertThat(rows.get(0).isNullAt(4)).isTrue();
    assertThat(rows.get(0).getList(5)).isEqualTo(List.of(8, 8));
    assertThat(rows.get(1).getInt(6)).isEqualTo(1);
    assertThat(rows.get(2).isNullAt(2)).isTrue();
    assertThat(rows.get(2).getString(4)).startsWith("max_tokens is -1, wanted ");
  }

  @Test
  void linesOfAFolderAreNumberedOnAndThoseOfOneIdAreInOneTask() throws IOException {
    Path in = Files.createDirectory(folder.resolve("in"));
    Files.writeString(in.resolve("a.jsonl"), "{\"custom_id\":7}\n\n{\"custom_id\":\"b\"}\n{}\n");
    Files.writeString(
        in.resolve("b.jsonl"), "{\"custom_id\":\"b\"}\n{\n{\"custom_id\":\"\\u0062\"}\n");
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());

    List<List<Tuple2<NumberedLines.Place, byte[]>>> tasks =
        NumberedLines.read(context, in.toString(), () -> 5, 1).glom().collect();

    Map<Long, Integer> taskOf = new TreeMap<>();
    for (int task = 0; task < tasks.size(); task++) {
      for (Tuple2<NumberedLines.Place, byte[]> line : tasks.get(task)) {
        taskOf.put(line._1.number(), task);
      }
      assertThat(tasks.get(task)).extracting(line -> line._1.number()).isSorted();
    }
    assertThat(taskOf).containsOnlyKeys(1L, 3L, 4L, 5L, 6L, 7L);
    assertThat(taskOf.get(5L)).isEqualTo(taskOf.get(3L)).isEqualTo(taskOf.get(7L));
    assertThat(Set.copyOf(taskOf.values())).hasSizeGreaterThan(1);
  }

  @Test
  void aFolderThatIsThereIsReplacedOnlyWhereThatIsAskedForAndIsNotTheInput() throws IOException {
    String in = folder.resolve("in").toString();
    String out = folder.resolve("out").toString();
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Configuration hadoop = context.hadoopConfiguration();
    for (String text : List.of("old", "new")) {
      boolean overwrite = text.equals("new");
      JsonlFolder.check(in, out, overwrite, hadoop);
      JavaPairRDD<NullWritable, Text> lines =
          context
              .parallelize(List.of(text), 1)
              .mapToPair(line -> new Tuple2<>(NullWritable.get(), new Text(line)));
      JsonlFolder.write(lines, out, overwrite, hadoop);
    }

    assertThat(Path.of(out, "part-r-00000.txt")).hasContent("new\n");
    assertThatThrownBy(() -> JsonlFolder.check(in, out, false, hadoop))
        .isInstanceOf(UserException.class)
        .hasMessage(out + " is there already: name another folder, or replace it with --overwrite");
    assertThatThrownBy(() -> JsonlFolder.check(out + "/a.jsonl", out, true, hadoop))
        .isInstanceOf(UserException.class)
        .hasMessage(out + " would replace the input " + out + "/a.jsonl: name another folder");
  }

  @Test
  void aTableWithoutPromptsIsRefusedBeforeAnythingRuns() {
    assertThatThrownBy(() -> SparkBatch.answer(prompts().drop("prompt"), OPTIONS))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no column holds prompts: wanted prompt, messages or tokens, found name, max_tokens");
  }

  @Test
  void aModelThatIsNotThereFailsTheJobWithTheReason() {
    Dataset<Row> answers =
        SparkBatch.answer(prompts(), BatchOptions.of(folder.resolve("none").toString()));

    assertThatThrownBy(answers::collectAsList)
        .hasStackTraceContaining("UserException")
        .hasStackTraceContaining(folder.resolve("none").toString());
  }

  private static Dataset<Row> prompts() {
    StructType type =
        new StructType()
            .add("name", DataTypes.StringType)
            .add("prompt", DataTypes.StringType)
            .add("max_tokens", DataTypes.IntegerType);
    return spark.createDataFrame(
        List.of(
            RowFactory.create("a", "12+34=", null),
            RowFactory.create("b", "348+27+915=", 1),
            RowFactory.create("c", "1+1=", -1)),
        type);
  }
}
