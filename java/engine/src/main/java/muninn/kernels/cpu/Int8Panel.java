package muninn.kernels.cpu;

import static muninn.kernels.cpu.Linear.FLOATS;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import muninn.kernels.Format;

/** Weights of eight bits, whole numbers with a sign. */
record Int8Panel(Format.Coded format) implements BytePanel {
  @Override
  public float number(byte code) {
    return code;
  }

  @Override
  public FloatVector numbers(ByteVector codes, int part) {
    return (FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, part);
  }
}
