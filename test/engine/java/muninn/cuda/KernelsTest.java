package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import muninn.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Modules of kernels, what a kernel tells of itself, and its arguments. */
class KernelsTest extends WithStub {
  @Test
  void kernels_are_loaded_and_found_by_name() {
    try (Context context = open()) {
      CudaModule module = module(context);
      Kernel kernel = module.kernel("linear");
      assertThat(module.name()).isEqualTo("kernels.fatbin");
      assertThat(kernel.name()).isEqualTo("linear");
      assertThat(stub.calls())
          .containsExactly("cuModuleLoadDataEx image 2", "cuModuleGetFunction 60 linear");
      module.close();
      assertThatThrownBy(kernel::handle)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("CudaModule is closed");
    }
  }

  /** The header that nvcc writes, and four bytes instead of kernels. */
  private static MemorySegment fatbins(int... lengths) {
    MemorySegment image = MemorySegment.ofArray(new byte[20 * lengths.length]);
    for (int i = 0; i < lengths.length; i++) {
      image.set(JAVA_INT_UNALIGNED, 20L * i, 0xBA55ED50);
      image.set(JAVA_INT_UNALIGNED, 20L * i + 4, 16 << 16 | 1);
      image.set(JAVA_INT_UNALIGNED, 20L * i + 8, lengths[i]);
    }
    return image;
  }

  @Test
  void fatbins_one_after_another_are_one_module() {
    try (Context context = open()) {
      CudaModule module = context.module("kernels.fatbin", fatbins(4, 4));
      assertThat(stub.calls()).hasSize(2).allMatch(call -> call.startsWith("cuModuleLoadDataEx"));
      assertThat(module.kernel("only61").handle()).isEqualTo(70);
      assertThat(stub.calls())
          .containsExactly("cuModuleGetFunction 60 only61", "cuModuleGetFunction 61 only61");
      stub.fail("cuModuleGetFunction", 500);
      assertThatThrownBy(() -> module.kernel("nothing"))
          .hasMessageStartingWith("kernels.fatbin: has no kernel 'nothing'");
      stub.calls();
      module.close();
      assertThat(stub.calls()).containsExactly("cuModuleUnload 60", "cuModuleUnload 61");
      assertThatThrownBy(() -> module.kernel("linear")).hasMessage("CudaModule is closed");
    }
  }

  @Test
  void a_fatbin_for_other_gpus_is_left_out_unless_all_are() {
    try (Context context = open()) {
      MemorySegment images = fatbins(4, 4, 4);
      images.set(JAVA_INT_UNALIGNED, 16, 209);
      CudaModule module = context.module("kernels.fatbin", images);
      assertThat(stub.calls()).hasSize(3);
      module.close();
      assertThat(stub.calls()).containsExactly("cuModuleUnload 61", "cuModuleUnload 62");

      images.set(JAVA_INT_UNALIGNED, 36, 209);
      images.set(JAVA_INT_UNALIGNED, 56, 209);
      assertThatThrownBy(() -> context.module("kernels.fatbin", images))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("kernels.fatbin: holds no kernels for the Stub GPU");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5, -1, 0})
  void what_is_not_a_row_of_fatbins_is_the_drivers_to_judge(int length) {
    try (Context context = open()) {
      context.module("kernels.fatbin", fatbins(4, length));
      assertThat(stub.calls()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          209 | holds no kernels for the Stub GPU (sm_75): build them for sm_75, or run on the CPU (device=cpu)
          222 | its PTX is newer than the driver, which is for CUDA 12.4: update the driver, or build the kernels with nvcc 12.4 or earlier
          200 | is damaged, or no CUDA kernels: build them again
          218 | is damaged, or no CUDA kernels: build them again
          """)
  void a_module_that_does_not_suit_is_named_with_the_remedy(int code, String reason) {
    try (Context context = open()) {
      stub.fail("cuModuleLoadDataEx", code);
      assertThatThrownBy(() -> module(context))
          .isInstanceOf(UserException.class)
          .hasMessage("kernels.fatbin: %s (cuModuleLoadDataEx failed with error %d)", reason, code);
      stub.jitLog("ptxas: line 3\n");
      assertThatThrownBy(() -> module(context))
          .hasMessageEndingWith("(cuModuleLoadDataEx failed with error %d: ptxas: line 3)", code);
    }
  }

  @Test
  void other_failures_of_loading_name_the_module() {
    try (Context context = open()) {
      stub.fail("cuModuleLoadDataEx", 303);
      assertThatThrownBy(() -> module(context))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuModuleLoadDataEx of kernels.fatbin failed with error 303");
    }
  }

  @Test
  void a_kernel_that_is_not_there_is_named_with_its_module() {
    try (Context context = open()) {
      CudaModule module = module(context);
      stub.fail("cuModuleGetFunction", 500);
      assertThatThrownBy(() -> module.kernel("nothing"))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "kernels.fatbin: has no kernel 'nothing' (cuModuleGetFunction failed with error 500);"
                  + " it is of another build of Muninn: build both again");
      stub.fail("cuModuleGetFunction", 700);
      assertThatThrownBy(() -> module.kernel("linear"))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuModuleGetFunction of linear failed with");
    }
  }

  @Test
  void a_kernel_tells_what_it_needs_and_how_often_it_fits() {
    try (Context context = open()) {
      Kernel kernel = module(context).kernel("linear");
      stub.calls();
      assertThat(kernel.attribute(Kernel.Attribute.REGISTERS)).isEqualTo(104);
      assertThat(kernel.attribute(Kernel.Attribute.SHARED_BYTES)).isEqualTo(101);
      kernel.allowSharedBytes(100_000);
      assertThat(kernel.blocksPerMultiprocessor(256, 1024)).isEqualTo(3);
      assertThat(stub.calls())
          .containsExactly(
              "cuFuncGetAttribute 4 70",
              "cuFuncGetAttribute 1 70",
              "cuFuncSetAttribute 70 8 100000",
              "cuOccupancyMaxActiveBlocksPerMultiprocessor 70 256 1024");
      stub.fail("cuFuncSetAttribute", 1);
      assertThatThrownBy(() -> kernel.allowSharedBytes(1 << 30))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuFuncSetAttribute of linear failed with error 1");
    }
  }

  @Test
  void a_matrix_is_described_to_the_copy_engine() {
    try (Context context = open();
        Arena arena = Arena.ofConfined()) {
      stub.calls();
      TensorMap map = TensorMap.of(context, 4096, 300, 64, 88, 32);
      // the address is a multiple of 64; bfloat16, columns first, bytes a row, swizzled in 128
      assertThat(stub.calls())
          .containsExactly("cuTensorMapEncodeTiled 0 9 2 4096 64 300 128 32 88 1 1 0 3 2 0");
      MemorySegment written = arena.allocate(TensorMap.LAYOUT);
      map.write(written);
      assertThat(written.toArray(JAVA_LONG)).startsWith(60, 61).endsWith(75).hasSize(16);
      stub.fail("cuTensorMapEncodeTiled", 1);
      assertThatThrownBy(() -> TensorMap.of(context, 4096, 300, 64, 88, 32))
          .isInstanceOf(CudaException.class)
          .hasMessageStartingWith("cuTensorMapEncodeTiled failed with error 1");
    }
  }

  @Test
  void arguments_are_checked_against_the_kernel() {
    try (Context context = open()) {
      Kernel kernel = module(context).kernel("linear");
      arguments(kernel);
      assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_LONG, JAVA_FLOAT, THREE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("argument 1 of kernel linear has 4 bytes, not 8");
      assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_INT, JAVA_FLOAT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("kernel linear takes more arguments than 3");
      assertThatThrownBy(() -> kernel.arguments(JAVA_LONG, JAVA_INT, JAVA_FLOAT, THREE, JAVA_INT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("kernel linear takes 4 arguments, not 5");
    }
  }

  @Test
  void arguments_of_a_driver_that_does_not_tell_are_taken_as_they_are() {
    stub = new Stub(folder, "OLD");
    try (Context context = open()) {
      module(context).kernel("linear").arguments(JAVA_LONG);
      assertThat(stub.calls()).noneMatch(call -> call.startsWith("cuFuncGetParamInfo"));
    }
  }

  @Test
  void an_argument_of_another_type_is_refused() {
    try (Context context = open()) {
      KernelArguments arguments = arguments(module(context).kernel("linear"));
      assertThatThrownBy(() -> arguments.set(1, 5L))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("argument 1 of kernel linear is .*i4.*, not long");
      assertThatThrownBy(() -> arguments.set(3, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("argument 3 of kernel linear is .*i4i4i4.*, not int");
    }
  }
}
