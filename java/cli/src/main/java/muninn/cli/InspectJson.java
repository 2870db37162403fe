package muninn.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import muninn.kernels.Format;
import muninn.kernels.KvCache;
import muninn.lab.report.ReportJson;
import muninn.model.Config;
import muninn.model.ModelCard;
import muninn.model.Tensor;

/** A model for a script: what {@link InspectTable} says, in full. */
final class InspectJson {
  private final Inspected shown;

  InspectJson(Inspected shown) {
    this.shown = shown;
  }

  /**
   * One object.
   *
   * @param tensors whether it has all of them
   */
  void print(PrintWriter out, boolean tensors) {
    JsonOutput.print(out, g -> write(g, tensors));
  }

  private void write(JsonGenerator g, boolean tensors) throws IOException {
    g.writeStringField("model", shown.model().name());
    g.writeStringField("family", shown.model().architecture().family());
    writeConfig(g, shown.config());
    weights(g);
    memory(g);
    g.writeStringField("card", shown.gpu().id());
    ReportJson.table(g, shown.gpuMemory());
    g.writeArrayFieldStart("files");
    for (Path file : shown.card().files()) {
      g.writeString(file.getFileName().toString());
    }
    g.writeEndArray();
    if (tensors) {
      writeTensors(g);
    }
  }

  private void weights(JsonGenerator g) throws IOException {
    ModelCard card = shown.card();
    g.writeObjectFieldStart("parameters");
    for (ModelCard.Part part : card.parts()) {
      g.writeNumberField(id(part), part.weights());
    }
    g.writeNumberField("total", card.weights());
    g.writeEndObject();
    g.writeObjectFieldStart("bytes");
    for (ModelCard.Part part : card.parts()) {
      g.writeNumberField(id(part), part.bytes());
    }
    g.writeNumberField("total", card.bytes());
    g.writeNumberField("copies", card.copyBytes());
    g.writeEndObject();
    g.writeObjectFieldStart("dtypes");
    for (var dtype : card.dtypes().entrySet()) {
      g.writeNumberField(dtype.getKey(), dtype.getValue());
    }
    g.writeEndObject();
  }

  private void memory(JsonGenerator g) throws IOException {
    g.writeObjectFieldStart("weight_memory");
    for (var kept : WeightMemory.of(shown.model()).entrySet()) {
      g.writeNumberField(kept.getKey(), kept.getValue());
    }
    g.writeEndObject();
    g.writeObjectFieldStart("kv_bytes_per_token");
    g.writeNumberField("steps", shown.depth());
    g.writeStringField("sharing", shown.sharing().toString());
    g.writeNumberField("slots", shown.slots());
    g.writeNumberField("bf16", shown.keyBytes(Format.BF16));
    g.writeNumberField("f32", shown.keyBytes(Format.F32));
    g.writeNumberField("fp8", shown.keyBytes(KvCache.FP8));
    g.writeNumberField("int8", shown.keyBytes(KvCache.INT8));
    g.writeEndObject();
  }

  private static String id(ModelCard.Part part) {
    return part.stage().name().toLowerCase(Locale.ROOT);
  }

  /** Under the names of {@code config.json}. */
  static void writeConfig(JsonGenerator g, Config c) throws IOException {
    g.writeObjectFieldStart("config");
    g.writeStringField("model_type", c.modelType());
    g.writeNumberField("n_embd", c.width());
    g.writeNumberField("n_heads", c.heads());
    g.writeNumberField("num_key_value_heads", c.kvHeads());
    g.writeNumberField("head_dim", c.headWidth());
    g.writeNumberField("intermediate_size", c.ffn());
    g.writeNumberField("padded_vocab_size", c.vocabulary());
    g.writeNumberField("block_size", c.blockSize());
    g.writeNumberField("n_layers_in_prelude", c.prelude());
    g.writeNumberField("n_layers_in_recurrent_block", c.core());
    g.writeNumberField("n_layers_in_coda", c.coda());
    g.writeNumberField("mean_recurrence", c.meanRecurrence());
    g.writeNumberField("norm_eps", c.normEps());
    g.writeNumberField("rope_base", c.rope().base());
    g.writeEndObject();
  }

  private void writeTensors(JsonGenerator g) throws IOException {
    g.writeArrayFieldStart("tensors");
    for (Tensor t : shown.model().tensors()) {
      g.writeStartObject();
      g.writeStringField("name", t.name());
      g.writeStringField("dtype", t.type().name());
      g.writeArrayFieldStart("shape");
      for (long size : t.shape()) {
        g.writeNumber(size);
      }
      g.writeEndArray();
      g.writeNumberField("bytes", t.bytes());
      g.writeStringField("file", t.file().getFileName().toString());
      g.writeEndObject();
    }
    g.writeEndArray();
  }
}
