package muninn.batch;

import java.io.IOException;
import java.io.InputStream;
import muninn.files.FileUse;
import muninn.files.Lines;

/** Requests from a stream: nothing is known of them before they come. */
record InputPipe(InputStream in) implements JobInput {

  @Override
  public String name() {
    return "standard input";
  }

  @Override
  public void claim(FileUse use) {}

  @Override
  public Survey survey() {
    return new Survey("", 0, true);
  }

  @Override
  public Lines open() throws IOException {
    return new Lines(NotLines.refused(name(), in), Lines.MAX_BYTES);
  }
}
