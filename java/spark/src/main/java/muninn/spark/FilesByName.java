package muninn.spark;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.mapreduce.JobContext;
import org.apache.hadoop.mapreduce.lib.input.TextInputFormat;

/** Lines of files in the order of their names, which not every file system lists them in. */
public final class FilesByName extends TextInputFormat {

  /** Called by Hadoop. */
  public FilesByName() {}

  @Override
  protected List<FileStatus> listStatus(JobContext job) throws IOException {
    return super.listStatus(job).stream()
        .sorted(Comparator.comparing(FileStatus::getPath))
        .toList();
  }
}
