package muninn.kernels.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import muninn.cuda.Context;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Emulated;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The functions of kernels-cu/ whose numbers must be the CPU's to the bit. */
final class DeviceMathsTest {
  private static final int N = 40_000;
  private static final Launch LAUNCH = Launch.of(Math.ceilDiv(N, 128), 128);

  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(5);
  private Context context;
  private Stream stream;
  private CudaModule module;

  @BeforeEach
  void open() {
    context = Emulated.driver().gpu(0).open();
    stream = context.stream();
    module = context.module("selftest.so", Emulated.image("selftest.so", arena));
  }

  @AfterEach
  void close() {
    if (context != null) {
      context.close();
    }
    arena.close();
  }

  @Test
  void expIsTheCpus() {
    float[] x = new float[N];
    float[] wanted = new float[N];
    for (int i = 0; i < N; i++) {
      x[i] = -95 + i * (190f / N);
    }
    System.arraycopy(odd(), 0, x, 0, odd().length);
    for (int i = 0; i < N; i++) {
      wanted[i] = Maths.exp(x[i]);
    }
    DeviceMemory out = context.allocate(4L * N);
    stream.launch(
        LAUNCH,
        module
            .kernel("selftest_exp")
            .arguments(JAVA_LONG, JAVA_LONG, JAVA_INT)
            .set(0, upload(x))
            .set(1, out)
            .set(2, N));
    assertThat(floats(out)).isEqualTo(wanted);
  }

  @Test
  void swigluIsTheCpus() {
    float[] gateUp = new float[2 * N];
    for (int i = 0; i < gateUp.length; i++) {
      gateUp[i] = (float) random.nextGaussian() * 20;
    }
    System.arraycopy(odd(), 0, gateUp, 0, odd().length);
    float[] wanted = new float[N];
    Maths.silu(gateUp, 0, N, wanted, 0);
    DeviceMemory both = upload(gateUp);
    DeviceMemory out = context.allocate(4L * N);
    stream.launch(
        LAUNCH,
        module
            .kernel("selftest_swiglu")
            .arguments(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT)
            .set(0, both)
            .set(1, both.slice(4L * N, 4L * N))
            .set(2, out)
            .set(3, N));
    assertThat(floats(out)).isEqualTo(wanted);
  }

  private static float[] odd() {
    return new float[] {
      0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e-45f, 3e38f, -3e38f
    };
  }

  @Test
  void logIsTheCpus() {
    double[] x = new double[N];
    double[] wanted = new double[N];
    for (int i = 0; i < N; i++) {
      x[i] = i % 2 == 0 ? random.nextDouble() * 2 : Math.exp(random.nextDouble(-700, 700));
      wanted[i] = Maths.log(x[i]);
    }
    DeviceMemory from = context.allocate(8L * N);
    stream.upload(arena.allocateFrom(JAVA_DOUBLE, x), from, 0);
    DeviceMemory out = context.allocate(8L * N);
    stream.launch(
        LAUNCH,
        module
            .kernel("selftest_log")
            .arguments(JAVA_LONG, JAVA_LONG, JAVA_INT)
            .set(0, from)
            .set(1, out)
            .set(2, N));
    assertThat(download(out).toArray(JAVA_DOUBLE)).isEqualTo(wanted);
  }

  @Test
  void noiseIsTheCpus() {
    for (long seed : new long[] {0, 1, -1, 0x123456789abcdefL}) {
      int position = random.nextInt(100_000);
      float[] gumbels = new float[N];
      float[] normals = new float[N];
      for (int i = 0; i < N; i++) {
        gumbels[i] = Philox.gumbel(seed, position, i);
        normals[i] = Philox.truncatedNormal(seed, position, i);
      }
      DeviceMemory gumbelsThere = context.allocate(4L * N);
      DeviceMemory normalsThere = context.allocate(4L * N);
      stream.launch(
          LAUNCH,
          module
              .kernel("selftest_noise")
              .arguments(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT)
              .set(0, seed)
              .set(1, position)
              .set(2, gumbelsThere)
              .set(3, normalsThere)
              .set(4, N / 4));
      assertThat(floats(gumbelsThere)).isEqualTo(gumbels);
      assertThat(floats(normalsThere)).isEqualTo(normals);
    }
  }

  private DeviceMemory upload(float[] values) {
    DeviceMemory memory = context.allocate(4L * values.length);
    stream.upload(arena.allocateFrom(JAVA_FLOAT, values), memory, 0);
    return memory;
  }

  private float[] floats(DeviceMemory memory) {
    return download(memory).toArray(JAVA_FLOAT);
  }

  private MemorySegment download(DeviceMemory memory) {
    MemorySegment host = arena.allocate(memory.bytes(), Long.BYTES);
    stream.download(memory, 0, host);
    stream.synchronize();
    return host;
  }
}
