package muninn.cuda;

import java.util.Map;

/** The CUresults that the bindings tell apart, and what a reader of the error can do about them. */
final class Status {
  static final int INVALID_VALUE = 1;
  static final int OUT_OF_MEMORY = 2;
  static final int NO_DEVICE = 100;
  static final int INVALID_IMAGE = 200;
  static final int NO_BINARY_FOR_GPU = 209;
  static final int INVALID_PTX = 218;
  static final int UNSUPPORTED_PTX_VERSION = 222;
  static final int NOT_FOUND = 500;
  static final int NOT_READY = 600;
  static final int LAUNCH_OUT_OF_RESOURCES = 701;
  static final int GRAPH_EXEC_UPDATE_FAILURE = 910;

  /** Errors of the machine rather than of the program: whoever runs it can mend them. */
  private static final Map<Integer, String> USER_REMEDIES =
      Map.ofEntries(
          Map.entry(
              OUT_OF_MEMORY,
              "the GPU's memory is full; end other programs on it (nvidia-smi lists them), or take"
                  + " fewer sequences or a smaller model"),
          Map.entry(
              34,
              "the libcuda.so.1 that was found is the CUDA toolkit's stub; put the driver's own"
                  + " first on LD_LIBRARY_PATH"),
          Map.entry(
              46,
              "another process has the GPU for itself; end it, or set the compute mode to default"
                  + " (nvidia-smi -c 0)"),
          Map.entry(
              NO_DEVICE,
              "the driver sees no GPU; check nvidia-smi, and that CUDA_VISIBLE_DEVICES and the"
                  + " container let one through, or run on the CPU (device=cpu)"),
          Map.entry(102, "the GPU needs a licence; ask whoever runs this virtual GPU"),
          Map.entry(
              NO_BINARY_FOR_GPU,
              "the kernels are not built for this GPU; build them for its architecture, or run on"
                  + " the CPU (device=cpu)"),
          Map.entry(
              UNSUPPORTED_PTX_VERSION,
              "the kernels' PTX is newer than the driver; update the driver"),
          Map.entry(214, "the GPU's memory is faulty; restart the machine or take another GPU"),
          Map.entry(220, "NVLink is faulty; restart the machine or take another GPU"),
          Map.entry(
              221,
              "the driver lacks its PTX compiler (libnvidia-ptxjitcompiler); install the whole"
                  + " driver, or kernels built for this GPU"),
          Map.entry(223, "compiling PTX is switched off; unset CUDA_DISABLE_PTX_JIT"),
          Map.entry(
              702,
              "a kernel ran longer than the system lets it; take a GPU that drives no display"),
          Map.entry(802, "the GPU is not ready; start nvidia-fabricmanager, or wait for it"),
          Map.entry(
              803,
              "the driver's library and its kernel module are of different versions; restart the"
                  + " machine"),
          Map.entry(
              804,
              "this GPU does not support the CUDA compatibility package; remove it from"
                  + " LD_LIBRARY_PATH, or update the driver"),
          Map.entry(
              805, "the MPS server cannot be reached; start it, or unset CUDA_MPS_PIPE_DIRECTORY"),
          Map.entry(
              999,
              "the driver does not work; check nvidia-smi, and reload the driver or restart the"
                  + " machine"));

  private static final String KERNEL_FAULT =
      "a kernel is faulty, and the context is lost; find it with compute-sanitizer or with the"
          + " emulated device";
  private static final String CAPTURE =
      "something that a graph cannot hold was called while a stream was recorded";

  private static final Map<Integer, String> REMEDIES =
      Map.ofEntries(
          Map.entry(INVALID_VALUE, "an argument is out of range"),
          Map.entry(4, "the process is ending"),
          Map.entry(201, "no context is current on this thread; use the one that opened it"),
          Map.entry(400, "a handle is not, or no longer, one of this context"),
          Map.entry(
              LAUNCH_OUT_OF_RESOURCES,
              "a block wants more registers or shared memory than there are; make it smaller"),
          Map.entry(700, KERNEL_FAULT),
          Map.entry(710, KERNEL_FAULT),
          Map.entry(714, KERNEL_FAULT),
          Map.entry(715, KERNEL_FAULT),
          Map.entry(716, KERNEL_FAULT),
          Map.entry(717, KERNEL_FAULT),
          Map.entry(718, KERNEL_FAULT),
          Map.entry(719, KERNEL_FAULT),
          Map.entry(
              712, "the memory is registered already, by this or another part of the process"),
          Map.entry(801, "this GPU, or its driver, cannot do that"),
          Map.entry(900, CAPTURE),
          Map.entry(901, CAPTURE),
          Map.entry(904, "a stream that the recording forked to was not joined again"),
          Map.entry(906, CAPTURE));

  private Status() {}

  /** What the user can do, null where it is not theirs to mend. */
  static String userRemedy(int code) {
    return USER_REMEDIES.get(code);
  }

  /** What the error most likely means to a programmer. */
  static String remedy(int code) {
    return REMEDIES.getOrDefault(
        code, "see this error in the CUDA driver API's documentation of CUresult");
  }
}
