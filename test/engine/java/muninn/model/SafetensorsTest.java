package muninn.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import muninn.UserException;
import muninn.kernels.DType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final String NORM = "transformer.ln_f.weight";

  @TempDir private Path temporary;
  private Path folder;
  private Path file;

  @BeforeEach
  void copy() {
    folder = Fixture.copy(Fixture.NANO, temporary);
    file = folder.resolve(Fixture.WEIGHTS);
  }

  @Test
  void aFileOpensWithEveryTensorInItsPlace() {
    byte[] bytes = Fixture.read(file);
    JsonNode header = Fixture.json(Fixture.header(bytes));
    int dataAt = 8 + Fixture.header(bytes).length;
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tensors()).hasSize(8 * 9 + 3 + 1);
      for (Tensor tensor : checkpoint.tensors()) {
        JsonNode offsets = header.path(tensor.name()).path("data_offsets");
        byte[] wanted =
            Arrays.copyOfRange(
                bytes, dataAt + offsets.get(0).asInt(), dataAt + offsets.get(1).asInt());
        assertThat(tensor.data().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
            .isEqualTo(wanted);
        assertThat(tensor.dtype()).isEqualTo(DType.F32);
        assertThat(tensor.data().isMapped()).isTrue();
        assertThat(tensor.data().isReadOnly()).isTrue();
      }
    }
  }

  @Test
  void aTruncatedFileNamesTheTensorAndItsBytes() {
    byte[] bytes = Fixture.read(file);
    Fixture.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    refused(
        "truncated",
        "transformer.wte.weight",
        "needs bytes",
        "885,472",
        "ends at 885,471",
        "download");
    Fixture.write(file, Arrays.copyOf(bytes, 20_000));
    refused("truncated", "transformer.adapter.weight", "ends at 20,000", "download");
  }

  @Test
  void aFileTooShortForAHeaderLengthIsRefused() {
    Fixture.write(file, new byte[7]);
    refused("7 bytes long", "8 bytes of header length", "download");
    Fixture.write(file, new byte[0]);
    refused("0 bytes long", "download");
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 18446744073709551615",
    "9223372036854775807, 9223372036854775807",
    "100000001, 100000001",
    "885465, '885,465'"
  })
  void aLyingHeaderLengthIsRefused(long length, String shown) {
    byte[] bytes = Fixture.read(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Fixture.write(file, bytes);
    refused("header of " + shown, "download");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "x",
        "{",
        "{}x",
        "{\"a\":1,\"a\":2}",
        "{\"__metadata__\":{\"a\":1}}"
      })
  void aHeaderThatIsNoHeaderIsRefused(String header) {
    Fixture.replaceHeader(file, header);
    refused("download");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "{}", "{\"format\":\"pt\"}"})
  void whatAHeaderSaysBesideItsTensorsMayBeAnythingTheFormatAllows(String metadata) {
    Fixture.editHeader(file, h -> h.set("__metadata__", Fixture.json(metadata.getBytes(UTF_8))));
    Checkpoint.open(file.getParent()).close();
  }

  @Test
  void aDeepHeaderIsRefused() {
    Fixture.replaceHeader(file, "{\"a\":{\"b\":" + "[".repeat(200_000));
    refused("nest", "download");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F4", "F8_E8M0", "bf16", ""})
  void aDtypeThatIsNotServedIsRefused(String dtype) {
    entry(NORM, e -> e.put("dtype", dtype));
    refused(NORM, "has dtype " + dtype, "F32, BF16, F16 or F64", "convert");
  }

  @Test
  void aDtypeOfAnotherSizeIsRefused() {
    entry(NORM, e -> e.put("dtype", "BF16"));
    refused(NORM, "has 192 bytes", "wanted 96", "[48]", "BF16", "download");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1",
        "48.0",
        "\"48\"",
        "99999999999999999999",
        "48,1,1,1,1,1,1,1,1",
        "null",
        "[48]"
      })
  void aShapeThatIsNoShapeIsRefused(String shape) {
    entry(NORM, e -> e.set("shape", null));
    rewrite("\"shape\":null", "\"shape\":[" + shape + "]");
    refused(NORM, "shape is not a list", "whole numbers", "download");
  }

  @Test
  void aShapeBeyondCountingIsRefused() {
    entry(NORM, e -> e.putArray("shape").add(1L << 40).add(1L << 40));
    refused(NORM, "more elements than can be counted", "download");
    entry(NORM, e -> e.putArray("shape").add(Long.MAX_VALUE));
    refused(NORM, "more elements than can be counted", "download");
    // An element count that wraps around to the right number.
    entry(NORM, e -> e.putArray("shape").add(1L << 62).add(4).add(48));
    refused(NORM, "more elements than can be counted", "download");
  }

  @Test
  void offsetsOutOfOrderOrNoOffsetsAreRefused() {
    entry(NORM, e -> e.putArray("data_offsets").add(192).add(0));
    refused(NORM, "[192, 0]", "begin no larger than the end", "download");
    entry(NORM, e -> e.putArray("data_offsets").add(-192).add(0));
    refused(NORM, "data_offsets is not a list", "download");
    entry(NORM, e -> e.putArray("data_offsets").add(0));
    refused(NORM, "lacks one of", "data_offsets", "download");
    entry(NORM, e -> e.remove("data_offsets"));
    refused(NORM, "lacks one of", "data_offsets", "download");
  }

  @Test
  void offsetsBeyondTheFileAreRefused() {
    long far = 1L << 50;
    entry(NORM, e -> e.putArray("data_offsets").add(far).add(far + 192));
    refused("tensor", "wanted", "download");
    entry(
        "transformer.wte.weight",
        e -> e.putArray("data_offsets").add(Long.MAX_VALUE - 30720).add(Long.MAX_VALUE));
    refused("tensor", "wanted", "download");
  }

  @Test
  void overlappingTensorsAreRefusedNamingBoth() {
    Fixture.editHeader(
        file,
        h ->
            ((ObjectNode) h.get("transformer.coda.0.norm_2.weight"))
                .set(
                    "data_offsets", h.get("transformer.coda.0.norm_1.weight").get("data_offsets")));
    refused("norm_2", "overlaps", "norm_1", "download");
  }

  @Test
  void bytesThatBelongToNoTensorAreRefused() throws IOException {
    Fixture.editHeader(file, h -> h.remove("transformer.coda.0.norm_1.weight"));
    refused("belong to no tensor", "download");
    Files.delete(file);
    Files.copy(Fixture.golden(Fixture.NANO).resolve(Fixture.WEIGHTS), file);
    Fixture.write(file, Arrays.copyOf(Fixture.read(file), 885_480));
    refused("8 bytes follow the last tensor", "download");
  }

  @Test
  void aMissingTensorIsNamed() {
    Fixture.editHeader(
        file,
        h -> {
          ObjectNode renamed = (ObjectNode) h.remove(NORM);
          h.set("transformer.ln_g.weight", renamed);
        });
    refused(NORM + " is missing", "[48]", "config.json", "one and the same checkpoint");
  }

  @Test
  void aTensorOfAnotherShapeIsNamed() {
    entry(NORM, e -> e.putArray("shape").add(24).add(2));
    refused(NORM, "has shape [24, 2]", "wanted [48]", "config.json");
  }

  @Test
  void aTensorOfAnotherFamilyIsNamed() {
    Fixture.edit(folder.resolve("config.json"), c -> c.put("n_layers_in_coda", 1));
    refused("transformer.coda.1", "not part of", "2/4/1", "belong together");
  }

  @Test
  void aRotaryTableOfAnotherBaseIsRefused() {
    Fixture.edit(folder.resolve("config.json"), c -> c.put("rope_base", 10_000));
    refused("freqs_cis", "position 1", "rope_base 10000", "one and the same checkpoint");
  }

  @Test
  void aMissingOrIrregularFileIsRefused() throws IOException {
    Files.delete(file);
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(folder.toString(), "no weights", "model.safetensors", "download");
    Files.createDirectory(file);
    refused("not a regular file");
  }

  @Test
  void halfPrecisionAndMixedTypesOpen() {
    toHalf("transformer.adapter.weight");
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.stored().tensor("transformer.adapter.weight").dtype())
          .isEqualTo(DType.F16);
      assertThat(checkpoint.stored().tensor("transformer.adapter.weight").elements())
          .isEqualTo(48 * 96);
      assertThat(checkpoint.stored().tensor(NORM).dtype()).isEqualTo(DType.F32);
    }
  }

  /** Cuts a tensor's bytes in half and calls the rest F16. */
  private void toHalf(String name) {
    byte[] bytes = Fixture.read(file);
    byte[] old = Fixture.header(bytes);
    ObjectNode header = (ObjectNode) Fixture.json(old);
    long begin = header.get(name).get("data_offsets").get(0).asLong();
    long half = (header.get(name).get("data_offsets").get(1).asLong() - begin) / 2;
    ((ObjectNode) header.get(name)).put("dtype", "F16");
    for (JsonNode entry : header) {
      if (entry.has("data_offsets")) {
        long from = entry.get("data_offsets").get(0).asLong();
        long to = entry.get("data_offsets").get(1).asLong();
        ((ObjectNode) entry)
            .putArray("data_offsets")
            .add(from > begin ? from - half : from)
            .add(to > begin ? to - half : to);
      }
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    int cut = (int) (8 + old.length + begin);
    Fixture.write(
        file,
        ByteBuffer.allocate((int) (8 + text.length + bytes.length - 8 - old.length - half))
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .put(bytes, 8 + old.length, (int) begin)
            .put(bytes, (int) (cut + half), (int) (bytes.length - cut - half))
            .array());
  }

  private void entry(String name, Consumer<ObjectNode> change) {
    Fixture.editHeader(file, h -> change.accept((ObjectNode) h.get(name)));
  }

  private void rewrite(String from, String to) {
    String header = new String(Fixture.header(Fixture.read(file)), StandardCharsets.UTF_8);
    assertThat(header).contains(from);
    Fixture.replaceHeader(file, header.replace(from, to));
  }

  private void refused(String... parts) {
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(parts)
        .message()
        .doesNotContain("\n");
  }
}
