package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import muninn.cuda.CublasLtStub;
import muninn.kernels.Buffer;
import muninn.kernels.DType;
import muninn.kernels.Lanes;
import muninn.kernels.Op;
import muninn.kernels.Ops;
import muninn.kernels.Routine;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products of so many lanes that another kernel takes them: the matrix library, and warpgroups of
 * compute capability 9.0.
 */
@Tag("gpu")
class ManyLanesTest extends LinearChecks {
  /** With the kernels for many lanes of compute capability 9.0, whatever the lanes. */
  private void openWarpgroups() {
    dtype = DType.BF16;
    CudaOptions options =
        new CudaOptions(dtype, Optional.empty(), 0.9, false, "own", "linear=wgmma");
    device = TestDevice.open(options);
  }

  @Test
  void manyLanesAreMultipliedByAMatrixLibraryToTheSameEffect(@TempDir Path folder) {
    CublasLtStub stub = new CublasLtStub(folder, "libcublasLt.so.12");
    dtype = DType.BF16;
    device = TestDevice.open(new CublasLtProvider(folder));
    library = true;
    int[] lanes = {3, 65, 130, 530};
    products(40, 80, lanes);
    gates(37, 48, lanes);
    adapters(24, lanes);
    heads(3, 24, lanes);
    // A residual that is not the result, in a stage that is recorded.
    Matrix w = matrix(40, 48);
    Operand x = operand(100, 48);
    Buffer residual = table(device, 40, values(100 * 40));
    Buffer out = device.buffer(100, 40);
    Buffer again = device.buffer(100, 40);
    Lanes table = lanes(device, 100);
    Ops.linearAdd(device, table, x.there(), w.there(), residual, out);
    Op add = Ops.product(x.there(), w.there(), new Op.Epilogue.Add(residual, again));
    Routine recorded = Ops.prepare(device, add, add);
    for (int i = 0; i < 3; i++) {
      recorded.run(table);
      assertThat(device.read(again, 99)).isEqualTo(device.read(out, 99));
    }
    device.close();
    device = null;
    assertThat(stub.living()).isZero();
  }

  /** A tile has 256 lanes and 176 rows; the emulated device has 8 blocks, of at least 8 steps. */
  @ParameterizedTest
  @CsvSource({
    "40, 48", // a part of one step and of one tile
    "24, 5280", // one tile among 8 blocks
    "1160, 96", // whole tiles, the last of them of few rows
    "520, 1000" // shares that begin and end within tiles
  })
  void aWarpgroupsProductIsThatOfTheCpu(int rows, int columns) {
    openWarpgroups();
    products(rows, columns, 0, 1, 64, 65, 129, 193, 300);
  }

  @Test
  void whatComesAfterAWarpgroupsProductIsThatOfTheCpu() {
    openWarpgroups();
    gates(1, 8, 130);
    gates(37, 48, 0, 1, 130);
    gates(131, 328, 64, 300);
    adapters(8, 130);
    adapters(104, 0, 1, 140);
    heads(1, 16, 130);
    heads(3, 24, 1, 33, 66, 150);
    heads(2, 128, 64);
  }

  @Test
  void aRecordedWarpgroupsProductServesFewerLanesAndTheLastToComeDoesNotMatter() {
    openWarpgroups();
    recorded();
    whoComesLast();
  }
}
