package muninn.jcuda;

import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import muninn.engine.BetweenTicks;
import muninn.engine.Engine;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;
import muninn.kernels.OnGpu;

/**
 * How a JCuda kernel of a user's own runs between the engine's ticks, on the latent states where
 * they are: here it scales them after every step, to see what a model makes of that. It takes
 * compiled kernels with {@code interop_scale} (test/jcuda/kernels/interop.cu) and an engine on a
 * CUDA device in float32.
 */
public final class TicksExample implements BetweenTicks {
  private static final int BLOCK = 256;

  private final byte[] image;
  private final float factor;
  private CUfunction scale; // loaded at the first tick, on the engine's thread

  public TicksExample(byte[] image, float factor) {
    this.image = image.clone();
    this.factor = factor;
  }

  /** Answers a prompt with the latents scaled after every tick. */
  public static List<Token> answer(Engine engine, Request request, byte[] image, float factor) {
    engine.betweenTicks(new TicksExample(image, factor));
    return engine.submit(request).completion().join().tokens();
  }

  @Override
  public void run(Latents latents) {
    OnGpu gpu = latents.onGpu().orElseThrow();
    if (scale == null) {
      scale = load();
    }
    int n = latents.rows() * latents.width();
    Pointer parameters =
        Pointer.to(
            Pointer.to(Interop.memory(gpu.memory())),
            Pointer.to(new float[] {factor}),
            Pointer.to(new int[] {n}));
    JCudaDriver.cuLaunchKernel(
        scale,
        Math.ceilDiv(n, BLOCK),
        1,
        1,
        BLOCK,
        1,
        1,
        0,
        Interop.stream(gpu.stream()),
        parameters,
        null);
  }

  private CUfunction load() {
    JCudaNatives.driver();
    JCudaDriver.setExceptionsEnabled(true);
    CUmodule module = new CUmodule();
    JCudaDriver.cuModuleLoadData(module, image);
    CUfunction function = new CUfunction();
    JCudaDriver.cuModuleGetFunction(function, module, "interop_scale");
    return function;
  }
}
