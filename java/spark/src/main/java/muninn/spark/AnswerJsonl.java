package muninn.spark;

import java.util.Iterator;
import muninn.spark.NumberedLines.Place;
import muninn.wire.AskedLine;
import muninn.wire.CustomIds;
import muninn.wire.LineAnswers;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import scala.Tuple2;

/** Answers the lines of a task by a line each; an id belongs to the first line that has it. */
record AnswerJsonl(TaskAnswers answers)
    implements PairFlatMapFunction<Iterator<Tuple2<Place, byte[]>>, NullWritable, Text> {

  @Override
  public Iterator<Tuple2<NullWritable, Text>> call(Iterator<Tuple2<Place, byte[]>> lines)
      throws InterruptedException {
    CustomIds ids = new CustomIds();
    return answers.to(
        lines,
        line -> AskedLine.of(NumberedLines.line(line._1.number(), line._2), ids),
        AnswerJsonl::written);
  }

  private static Tuple2<NullWritable, Text> written(LineAnswers.Answered answer) {
    Text line = new Text();
    line.set(answer.json(), 0, answer.json().length - 1); // the writer ends it
    return new Tuple2<>(NullWritable.get(), line);
  }
}
