package muninn.kernels;

import java.util.List;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Op.Source;
import muninn.kernels.Program.Role;

/** Single operations, made ready and run at once, for tests of what they compute. */
public final class Ops {
  private Ops() {}

  /** A program of these. */
  public static Routine prepare(Device device, Op... ops) {
    return device.prepare(new Program("test", Role.CORE, List.of(ops)));
  }

  public static void run(Device device, Lanes lanes, Op... ops) {
    prepare(device, ops).run(lanes);
  }

  public static void embed(
      Device device,
      Lanes lanes,
      Weights embedding,
      float scale,
      Sampled sampled,
      Sequences sequences,
      Buffer x) {
    run(device, lanes, new Op.Embed(embedding, scale, sampled, sequences, x));
  }

  /** At scale √d. */
  public static void initialState(
      Device device, Lanes lanes, float sigma, Sequences sequences, Buffer s) {
    float root = (float) Math.sqrt(s.columns());
    run(device, lanes, new Op.InitialState(sigma, root, sequences, s.byRow()));
  }

  public static void scatter(Device device, Lanes lanes, Buffer x, Buffer out) {
    run(device, lanes, new Op.Move(x, out.byRow()));
  }

  public static void copyRows(Device device, Lanes lanes, Buffer from, Buffer to) {
    run(device, lanes, new Op.Move(from.byRow(), to.byRow()));
  }

  public static void clearRows(Device device, Lanes lanes, Buffer to) {
    run(device, lanes, new Op.Clear(to.byRow()));
  }

  public static void norm(
      Device device, Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    run(device, lanes, new Op.Norm(x, weight, eps, out));
  }

  public static void gatherNorm(
      Device device, Lanes lanes, Buffer x, Buffer weight, float eps, Buffer out) {
    norm(device, lanes, x.byRow(), weight, eps, out);
  }

  public static void normNorm(
      Device device,
      Lanes lanes,
      Buffer y,
      Buffer after,
      Buffer x,
      Buffer before,
      float eps,
      Buffer out) {
    Op.Norm first = new Op.Norm(y, after, eps, x);
    run(device, lanes, new Op.NormPair(first, new Op.Norm(x, before, eps, out)));
  }

  public static Op product(Buffer x, Weights weights, Epilogue then) {
    return new Op.Product("product", x, weights, then);
  }

  public static void linear(Device device, Lanes lanes, Buffer x, Weights weights, Buffer out) {
    run(device, lanes, product(x, weights, new Epilogue.Store(out)));
  }

  public static void linearAdd(
      Device device, Lanes lanes, Buffer x, Weights weights, Buffer residual, Buffer out) {
    run(device, lanes, product(x, weights, new Epilogue.Add(residual, out)));
  }

  public static void swiglu(Device device, Lanes lanes, Buffer x, Weights weights, Buffer out) {
    run(device, lanes, product(x, weights, new Epilogue.Gate(out)));
  }

  public static void adapter(
      Device device, Lanes lanes, Buffer s, Buffer e, Weights weights, Buffer x) {
    Source both = new Source.Joined(s.byRow(), e.byRow());
    run(device, lanes, new Op.Product("adapter", both, weights, new Epilogue.Store(x)));
  }

  public static void queryKeyValue(
      Device device,
      Lanes lanes,
      Buffer x,
      Weights weights,
      Buffer bias,
      Buffer rope,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer q) {
    Epilogue heads = new Epilogue.Heads(bias, null, rope, sequences, cache, slot, q);
    run(device, lanes, product(x, weights, heads));
  }

  public static void attention(
      Device device,
      Lanes lanes,
      Buffer q,
      Sequences sequences,
      KvCache cache,
      KvSlot slot,
      Buffer out) {
    run(device, lanes, new Op.Attend(q, sequences, cache, slot, out));
  }

  public static Samples sample(
      Device device, Lanes lanes, Buffer logits, Sequences sequences, Sampled sampled) {
    return device.prepare(new Op.Draw(logits, sequences, sampled)).run(lanes);
  }

  public static LatentMeasures latentMeasures(
      Device device, Lanes lanes, Buffer s, Buffer previous) {
    return device.prepare(new Op.LatentLook(s.byRow(), previous.byRow())).run(lanes);
  }

  public static GateMeasures gate(
      Device device, Lanes lanes, Buffer s, Buffer weight, Buffer bias) {
    return device.prepare(new Op.GateLook(s.byRow(), weight, bias)).run(lanes);
  }

  public static OutputMeasures outputMeasures(
      Device device, Lanes lanes, Buffer logits, Buffer previous) {
    return device.prepare(new Op.OutputLook(logits, previous.byRow())).run(lanes);
  }
}
