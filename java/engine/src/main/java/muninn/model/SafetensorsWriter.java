package muninn.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import muninn.UserException;

/**
 * Writes tensors as a safetensors file, for Python and for {@link Safetensors} to read. Rows are
 * written as they come, so that no tensor needs a second copy in memory.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  /**
   * A tensor to be written.
   *
   * @param rows its elements in row-major order, little-endian, in pieces of any length
   */
  public record Block(String name, TensorType type, List<Integer> shape, Stream<byte[]> rows) {
    /** Of float32, in pieces of any length. */
    public Block(String name, List<Integer> shape, Stream<float[]> rows) {
      this(name, TensorType.F32, shape, rows.map(SafetensorsWriter::bytes));
    }

    long bytes() {
      return shape.stream().mapToLong(Integer::longValue).reduce(type.bytes(), Math::multiplyExact);
    }
  }

  /**
   * Writes a file.
   *
   * @param metadata what the header's {@code __metadata__} says
   * @throws UserException when it cannot be written
   */
  public static void write(Path file, Map<String, String> metadata, List<Block> blocks) {
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] header = header(metadata, blocks);
      out.write(little(Long.BYTES).putLong(header.length).array());
      out.write(header);
      for (Block block : blocks) {
        write(out, block);
      }
    } catch (IOException e) {
      throw UserException.because(e, "cannot write %s: %s", file, e.getMessage());
    }
  }

  private static byte[] header(Map<String, String> metadata, List<Block> blocks)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      long at = 0;
      for (Block block : blocks) {
        json.writeObjectFieldStart(block.name());
        json.writeStringField("dtype", block.type().name());
        json.writeArrayFieldStart("shape");
        for (int size : block.shape()) {
          json.writeNumber(size);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("data_offsets");
        json.writeNumber(at);
        json.writeNumber(at += block.bytes());
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    // Blanks after it, so that the tensors are aligned.
    while ((Long.BYTES + bytes.size()) % ALIGNMENT != 0) {
      bytes.writeBytes(" ".getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  private static void write(OutputStream out, Block block) throws IOException {
    long written = 0;
    for (byte[] row : (Iterable<byte[]>) block.rows()::iterator) {
      out.write(row);
      written += row.length;
    }
    if (written != block.bytes()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s of shape %s takes %d bytes, not %d",
              block.name(),
              block.shape(),
              block.bytes(),
              written));
    }
  }

  private static byte[] bytes(float[] row) {
    ByteBuffer bytes = little(row.length * Float.BYTES);
    bytes.asFloatBuffer().put(row);
    return bytes.array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
