package muninn.spark;

import java.io.IOException;
import java.net.URI;
import muninn.UserException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.TextOutputFormat;
import org.apache.spark.api.java.JavaPairRDD;

/** A folder of lines, a file a task, whose names end as those that Spark gives text. */
public final class JsonlFolder extends TextOutputFormat<NullWritable, Text> {

  /** Called by Hadoop. */
  public JsonlFolder() {}

  @Override
  public Path getDefaultWorkFile(TaskAttemptContext task, String compression) throws IOException {
    return super.getDefaultWorkFile(task, ".txt" + compression);
  }

  /**
   * Refuses to write where something is, unless it may be replaced and is not what is to be read.
   *
   * @throws UserException naming the folder
   */
  static void check(String input, String output, boolean overwrite, Configuration hadoop)
      throws IOException {
    Path path = new Path(output);
    FileSystem files = path.getFileSystem(hadoop);
    if (!overwrite && files.exists(path)) {
      throw UserException.of(
          "%s is there already: name another folder, or replace it with --overwrite", output);
    }
    Path read = new Path(input);
    URI from = read.getFileSystem(hadoop).makeQualified(read).toUri();
    URI to = files.makeQualified(path).toUri();
    if ((from + "/").startsWith(to + "/")) {
      throw UserException.of("%s would replace the input %s: name another folder", output, input);
    }
  }

  /** Writes lines where nothing is, or in place of what is there. */
  static void write(
      JavaPairRDD<NullWritable, Text> lines, String folder, boolean overwrite, Configuration hadoop)
      throws IOException {
    Path path = new Path(folder);
    FileSystem files = path.getFileSystem(hadoop);
    if (overwrite) {
      files.delete(path, true);
    }
    String whole = files.makeQualified(path).toString(); // executors stand in other folders
    lines.saveAsNewAPIHadoopFile(whole, NullWritable.class, Text.class, JsonlFolder.class, hadoop);
  }
}
