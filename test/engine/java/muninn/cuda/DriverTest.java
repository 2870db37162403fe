package muninn.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemoryLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Opening a driver, or being told in one sentence why there is none. */
class DriverTest {
  @TempDir private Path folder;

  @Test
  void an_absent_driver_is_one_sentence_with_the_remedy() {
    assertThatThrownBy(() -> Driver.open("libcuda-of-no-machine.so.1"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "no NVIDIA driver: the system's loader finds no libcuda-of-no-machine.so.1 that it can"
                + " load; install driver 550 or later, or run on the CPU (device=cpu)");
  }

  @Test
  void the_machines_own_driver_opens_or_says_why_not() {
    try {
      assertThat(Driver.open().library()).isEqualTo("libcuda.so.1");
    } catch (UserException e) {
      assertThat(e).hasMessageMatching("(?s).*(driver|GPU).*");
    }
  }

  @Test
  void a_path_without_a_file_is_named() {
    Path path = folder.resolve("libabsent.so");
    assertThatThrownBy(() -> Driver.open(path))
        .isInstanceOf(UserException.class)
        .hasMessage(path + ": no such file; name a library with the CUDA driver API");
  }

  @Test
  void a_library_of_another_machine_is_named() throws Exception {
    byte[] library = Files.readAllBytes(new Stub(folder).path());
    library[18] = 2; // e_machine of its ELF header: SPARC
    Path path = Files.write(folder.resolve("libsparc.so"), library);
    assertThatThrownBy(() -> Driver.open(path))
        .isInstanceOf(UserException.class)
        .hasMessage(
            path
                + ": cannot be loaded; name a library with the CUDA driver API, built for this"
                + " machine");
  }

  @Test
  void a_library_that_is_no_driver_is_refused_by_its_first_missing_function() {
    assertThatThrownBy(() -> Driver.open("libm.so.6"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "libm.so.6: is not an NVIDIA driver for CUDA 12.4 or later, it has no function"
                + " cuDriverGetVersion; install driver 550 or later, or run on the CPU"
                + " (device=cpu)");
    Stub partial = new Stub(folder, "PARTIAL");
    assertThatThrownBy(partial::open)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has no function cuGraphLaunch;");
  }

  @Test
  void a_driver_older_than_12_4_is_refused_before_it_is_used() {
    Stub stub = new Stub(folder, "PARTIAL");
    stub.version(12_020);
    assertThatThrownBy(stub::open)
        .isInstanceOf(UserException.class)
        .hasMessage(
            stub.path()
                + ": the NVIDIA driver is for CUDA 12.2, too old; CUDA 12.4 or later is needed:"
                + " update it to driver 550 or later, or run on the CPU (device=cpu)");
    assertThat(stub.calls()).containsExactly("cuDriverGetVersion");
  }

  @ParameterizedTest
  @CsvSource({"12040, 12.4", "12090, 12.9", "13000, 13.0", "13010, 13.1"})
  void drivers_from_12_4_on_are_taken(int version, String text) {
    Stub stub = new Stub(folder);
    stub.version(version);
    Driver driver = stub.open();
    assertThat(driver.version()).isEqualTo(text);
    assertThat(driver).hasToString(stub.path() + " (CUDA " + text + ")");
  }

  @Test
  void a_driver_that_does_not_say_its_version_is_asked_why() {
    Stub stub = new Stub(folder);
    stub.fail("cuDriverGetVersion", 34);
    stub.fail("cuInit", 34);
    assertThatThrownBy(stub::open)
        .isInstanceOf(UserException.class)
        .hasMessage(
            "cuInit failed with error 34: the libcuda.so.1 that was found is the CUDA toolkit's"
                + " stub; put the driver's own first on LD_LIBRARY_PATH");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2   | CUDA_ERROR_OUT_OF_MEMORY (2): the GPU's memory is full; end other programs on it (nvidia-smi lists them), or take fewer sequences or a smaller model
          46  | error 46: another process has the GPU for itself; end it, or set the compute mode to default (nvidia-smi -c 0)
          100 | error 100: the driver sees no GPU; check nvidia-smi, and that CUDA_VISIBLE_DEVICES and the container let one through, or run on the CPU (device=cpu)
          102 | error 102: the GPU needs a licence; ask whoever runs this virtual GPU
          209 | error 209: the kernels are not built for this GPU; build them for its architecture, or run on the CPU (device=cpu)
          222 | error 222: the kernels' PTX is newer than the driver; update the driver
          214 | error 214: the GPU's memory is faulty; restart the machine or take another GPU
          220 | error 220: NVLink is faulty; restart the machine or take another GPU
          221 | error 221: the driver lacks its PTX compiler (libnvidia-ptxjitcompiler); install the whole driver, or kernels built for this GPU
          223 | error 223: compiling PTX is switched off; unset CUDA_DISABLE_PTX_JIT
          702 | error 702: a kernel ran longer than the system lets it; take a GPU that drives no display
          802 | error 802: the GPU is not ready; start nvidia-fabricmanager, or wait for it
          803 | error 803: the driver's library and its kernel module are of different versions; restart the machine
          804 | error 804: this GPU does not support the CUDA compatibility package; remove it from LD_LIBRARY_PATH, or update the driver
          805 | error 805: the MPS server cannot be reached; start it, or unset CUDA_MPS_PIPE_DIRECTORY
          999 | error 999: the driver does not work; check nvidia-smi, and reload the driver or restart the machine
          """)
  void what_a_user_can_mend_names_call_error_and_remedy(int code, String message) {
    Stub stub = new Stub(folder);
    stub.fail("cuInit", code);
    assertThatThrownBy(stub::open)
        .isInstanceOf(UserException.class)
        .hasMessage("cuInit failed with " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1   | an argument is out of range
          4   | the process is ending
          201 | no context is current on this thread; use the one that opened it
          400 | a handle is not, or no longer, one of this context
          701 | a block wants more registers or shared memory than there are; make it smaller
          712 | the memory is registered already, by this or another part of the process
          801 | this GPU, or its driver, cannot do that
          900 | something that a graph cannot hold was called while a stream was recorded
          901 | something that a graph cannot hold was called while a stream was recorded
          904 | a stream that the recording forked to was not joined again
          906 | something that a graph cannot hold was called while a stream was recorded
          303 | see this error in the CUDA driver API's documentation of CUresult
          """)
  void what_is_ours_to_mend_is_a_cuda_exception_with_a_hint(int code, String hint) {
    Stub stub = new Stub(folder);
    stub.fail("cuInit", code);
    assertThatThrownBy(stub::open)
        .isInstanceOfSatisfying(
            CudaException.class,
            e -> {
              assertThat(e.call()).isEqualTo("cuInit");
              assertThat(e.code()).isEqualTo(code);
            })
        .hasMessage(
            "cuInit failed with error %d (which this driver does not know): %s", code, hint);
  }

  @ParameterizedTest
  @ValueSource(ints = {700, 710, 714, 715, 716, 717, 718, 719})
  void a_kernels_fault_says_how_to_find_it(int code) {
    Stub stub = new Stub(folder);
    stub.fail("cuInit", code);
    assertThatThrownBy(stub::open)
        .isInstanceOf(CudaException.class)
        .hasMessageEndingWith(
            "): a kernel is faulty, and the context is lost; find it with compute-sanitizer or with"
                + " the emulated device");
  }

  @Test
  void names_and_descriptions_of_errors_are_the_drivers_own() {
    Stub stub = new Stub(folder);
    stub.fail("cuInit", 700);
    assertThatThrownBy(stub::open)
        .hasMessageStartingWith(
            "cuInit failed with CUDA_ERROR_ILLEGAL_ADDRESS (700) (an illegal memory access was"
                + " encountered): ");
  }

  @Test
  void a_driver_without_gpus_says_what_to_check() {
    Stub stub = new Stub(folder);
    stub.devices(0);
    assertThatThrownBy(() -> stub.open().gpus())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("cuDeviceGetCount failed with error 100: the driver sees no GPU;");
  }

  @Test
  void a_gpu_beyond_the_last_is_told_how_many_there_are() {
    Stub stub = new Stub(folder);
    Driver driver = stub.open();
    assertThatThrownBy(() -> driver.gpu(1))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "GPU 1 is not there: this process sees only GPU 0; check nvidia-smi and"
                + " CUDA_VISIBLE_DEVICES");
    stub.devices(4);
    assertThatThrownBy(() -> driver.gpu(7))
        .hasMessageStartingWith("GPU 7 is not there: this process sees GPUs 0 to 3;");
    assertThatThrownBy(() -> driver.gpu(-1)).isInstanceOf(UserException.class);
    assertThat(driver.gpu(3).ordinal()).isEqualTo(3);
  }

  @Test
  void a_gpu_is_described_without_opening_it() {
    Stub stub = new Stub(folder);
    stub.memory(1, 80_000_000_000L);
    Gpu gpu = stub.open().gpu(0);
    assertThat(gpu).hasToString("Stub GPU (sm_75)");
    assertThat(gpu.totalBytes()).isEqualTo(80_000_000_000L);
    assertThat(stub.calls())
        .contains("cuDeviceGetName 256 10", "cuDeviceGetAttribute 75 10", "cuDeviceTotalMem_v2 10")
        .noneMatch(call -> call.startsWith("cuDevicePrimaryCtxRetain"));
  }

  /** The numbers of CUdevice_attribute and CUfunction_attribute in cuda.h 13.0. */
  @Test
  void attributes_have_the_drivers_numbers() {
    assertThat(Gpu.Attribute.values())
        .extracting(Gpu.Attribute::code)
        .containsExactly(
            1, 8, 10, 12, 13, 16, 18, 33, 34, 36, 37, 38, 39, 40, 50, 75, 76, 81, 82, 95, 97, 99,
            106, 113);
    assertThat(Kernel.Attribute.values())
        .extracting(Kernel.Attribute::code)
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 8);
  }

  /** cuda.h 13.0, by sizeof and offsetof; the stub states the structs once more in C++. */
  @Test
  void structs_are_laid_out_as_the_c_compiler_does() {
    var config = LaunchConfig.CONFIG;
    var attribute = LaunchConfig.ATTRIBUTE;
    int[] ours = {
      (int) config.byteSize(),
      offset(config, "sharedMemBytes"),
      offset(config, "hStream"),
      offset(config, "attrs"),
      offset(config, "numAttrs"),
      (int) attribute.byteSize(),
      offset(attribute, "value")
    };
    assertThat(ours).containsExactly(56, 24, 32, 40, 48, 72, 8);
    Stub stub = new Stub(folder);
    for (int i = 0; i < ours.length; i++) {
      assertThat(stub.layout(i)).isEqualTo(ours[i]);
    }
  }

  private static int offset(MemoryLayout layout, String field) {
    return (int) layout.byteOffset(MemoryLayout.PathElement.groupElement(field));
  }
}
