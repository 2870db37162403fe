package muninn.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people give instead of a checkpoint, or have in place of one of its files. */
class MistakenFilesTest {
  @TempDir private Path temporary;

  private Path folder() {
    return Fixture.copy(Fixture.NANO, temporary);
  }

  private static void refused(Path folder, CharSequence... said) {
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(said);
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aFileOfAnotherKindUnderTheNameOfTheWeightsIsCalledWhatItIs() {
    Map<String, String> beginnings = new LinkedHashMap<>();
    beginnings.put("GGUF\3\0\0\0", "is a GGUF file");
    beginnings.put("PK\3\4\24\0\0\0", "is a zip archive");
    beginnings.put("\u0080\2\u008a\n", "is a Python pickle");
    beginnings.put("\u0089HDF\r\n\32\n", "is an HDF5 file");
    beginnings.put("(\u00b5/\u00fd", "compressed with Zstandard");
    beginnings.put("\u00fd7zXZ\0\0\4", "compressed with xz");
    beginnings.put("<!DOCTYPE html>\n<html>", "is a web page");
    beginnings.put("\n<HTML lang=en>", "is a web page");
    Path folder = folder();
    Path weights = folder.resolve(Fixture.WEIGHTS);
    beginnings.forEach(
        (beginning, said) -> {
          Fixture.write(weights, latin(beginning + "x".repeat(200)));
          refused(folder, weights.toString(), said);
        });
  }

  @Test
  void aWebPageInPlaceOfTheConfigIsCalledThat() {
    Path folder = folder();
    Fixture.write(folder.resolve("config.json"), "<!doctype html><title>Sign in</title>");
    refused(folder, "config.json", "is a web page", "login");
  }

  @Test
  void weightsThatWerePackedAreToBeUnpacked() throws IOException {
    Path folder = folder();
    Path weights = folder.resolve(Fixture.WEIGHTS);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      Files.copy(weights, gzip);
    }
    Fixture.write(weights, packed.toByteArray());
    refused(folder, weights.toString(), "gzip", "unpack it");
  }

  @Test
  void aHeaderWhoseLengthLooksLikeAnotherFormatIsStillAHeader() {
    Path folder = folder();
    Path weights = folder.resolve(Fixture.WEIGHTS);
    int gzipWithoutTime = 0x088b1f; // 1f 8b 08 00 00 00 00 00
    String header = new String(Fixture.header(Fixture.read(weights)), StandardCharsets.UTF_8);
    Fixture.replaceHeader(weights, header + " ".repeat(gzipWithoutTime - header.length()));
    Checkpoint.open(folder).close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAdapterIsNoModelAlsoWithAModelBesideIt(boolean alone) throws IOException {
    Path folder = folder();
    if (alone) {
      Files.delete(folder.resolve("config.json"));
      Files.delete(folder.resolve(Fixture.WEIGHTS));
    }
    Fixture.write(folder.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\"}");
    refused(folder, "adapter_config.json", "adapter (LoRA)", "merge");
  }

  @ParameterizedTest
  @CsvSource({
    "model-q4.gguf, another program's format",
    "consolidated.00.pth, run code when loaded",
    "weights.safetensors, its name says neither",
    "tf_model.h5, another program's format"
  })
  void weightsThatAreNotReadAreNamedWithTheReason(String name, String why) throws IOException {
    Path folder = folder();
    Files.move(folder.resolve(Fixture.WEIGHTS), folder.resolve(name));
    refused(folder, "holds no weights", name + " is not read", why);
  }

  @Test
  void aFileOfLlamaCppGivenAsAModelIsCalledThat() {
    Path file = temporary.resolve("huginn.gguf");
    Fixture.write(file, "GGUF");
    refused(file, "is not a folder", "GGUF", "give the folder");
    refused(Path.of(""), "name is empty");
    refused(Path.of("https://hub.example/a/b"), "no such folder", "OWNER/NAME");
  }

  @Test
  void theFolderOfAModelInTheCacheIsNotARevisionOfIt() throws IOException {
    Path model = Files.createDirectories(temporary.resolve("models--a--b"));
    Files.createDirectories(model.resolve("snapshots/0123"));
    refused(model, "give its OWNER/NAME", model.resolve("snapshots").toString());
  }

  @ParameterizedTest
  @CsvSource({"model.", "module.", "_orig_mod.", "base_model.model."})
  void namesBehindAWrappersPrefixAreShown(String prefix) {
    Path folder = folder();
    Fixture.editHeader(
        folder.resolve(Fixture.WEIGHTS), header -> rename(header, name -> prefix + name));
    refused(
        folder,
        "transformer.wte.weight is missing",
        "the file has " + prefix + "transformer.wte.weight instead");
  }

  @Test
  void namesWithoutTheirBeginningAreShown() {
    Path folder = folder();
    Fixture.editHeader(
        folder.resolve(Fixture.WEIGHTS),
        header -> rename(header, name -> name.replaceFirst("^transformer\\.", "")));
    refused(folder, "transformer.wte.weight is missing", "the file has wte.weight instead");
  }

  private static void rename(ObjectNode header, UnaryOperator<String> to) {
    ObjectNode old = header.deepCopy();
    header.removeAll();
    old.properties()
        .forEach(
            field ->
                header.set(
                    field.getKey().equals("__metadata__")
                        ? field.getKey()
                        : to.apply(field.getKey()),
                    field.getValue()));
  }

  @ParameterizedTest
  @CsvSource({"C64,8", "F8_E5M2,1", "BOOL,1", "U8,1", "I16,2", "U64,8"})
  void aTensorOfATypeThatIsNotReadIsRefusedWithThoseThatAre(String type, int bytes) {
    Path folder = folder();
    Map<String, Fixture.Stored> tensors = Fixture.tensors(folder.resolve(Fixture.WEIGHTS));
    tensors.computeIfPresent(
        "transformer.ln_f.weight",
        (_, stored) -> stored.with(type, new byte[stored.data().length / 4 * bytes]));
    Fixture.saveTensors(folder, tensors);
    refused(
        folder, "tensor transformer.ln_f.weight has dtype " + type, "wanted F32, BF16, F16 or F64");
  }

  /** Four zeros beside the weights. */
  private static void add(Path folder, String name, String type, int bytes) {
    Map<String, Fixture.Stored> tensors = Fixture.tensors(folder.resolve(Fixture.WEIGHTS));
    tensors.put(name, new Fixture.Stored(type, Fixture.json(latin("[4]")), new byte[bytes]));
    Fixture.saveTensors(folder, tensors);
  }

  @Test
  void shardsWithoutTheirIndexAreToldThatItIsMissing() throws IOException {
    Path folder = folder();
    Files.move(folder.resolve(Fixture.WEIGHTS), folder.resolve("model-00001-of-00001.safetensors"));
    refused(folder, "model-00001-of-00001.safetensors is not read, for without the index");
  }

  @Test
  void aHeadThatIsMissingMayBeTheEmbedding() {
    Path folder = Fixture.copy("ouro-nano", temporary);
    Map<String, Fixture.Stored> tensors = Fixture.tensors(folder.resolve(Fixture.WEIGHTS));
    tensors.remove("lm_head.weight");
    Fixture.saveTensors(folder, tensors);
    refused(folder, "tensor lm_head.weight is missing", "say tie_word_embeddings");
    Fixture.edit(folder.resolve("config.json"), config -> config.put("tie_word_embeddings", true));
    Checkpoint.open(folder).close();
  }

  @Test
  void aSyntaxErrorIsSaidWithoutWhatTheParserCouldBeToldToAllow() {
    Path folder = folder();
    Fixture.write(folder.resolve("config.json"), "// mine\n{}");
    refused(folder, "not valid JSON: Unexpected character ('/' (code 47)) (line 1, column 1); d");
  }

  @Test
  void aMaskBesideTheWeightsIsRefusedAsWhatItIsNotForItsType() {
    Path folder = folder();
    add(folder, "transformer.mask", "BOOL", 4);
    refused(folder, "tensor transformer.mask is not part of a huginn_raven model");
  }

  @Test
  void tablesOfAnglesThatOlderLibrariesSavedArePassedOver() {
    Path folder = folder();
    add(folder, "transformer.core_block.0.attn.rotary_emb.inv_freq", "F32", 16);
    Checkpoint.open(folder).close();
  }

  @Test
  void aByteOrderMarkBeforeAJsonFileDoesNotMatter() throws IOException {
    Path config = folder().resolve("config.json");
    Files.writeString(config, "\ufeff" + Files.readString(config));
    Checkpoint.open(config.getParent()).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "[\"float32\"]", "{}", "true"})
  void aTypeThatIsNoTextIsRefusedInASentence(String value) {
    Path folder = folder();
    Fixture.edit(
        folder.resolve("config.json"),
        config -> config.set("torch_dtype", Fixture.json(latin(value))));
    refused(folder, "field torch_dtype is", "wanted one of bfloat16, float16, float32, float64");
  }
}
