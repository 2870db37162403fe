package muninn.engine;

import muninn.model.WeightChoice;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * Within a format answers are exact: alone and in any company, guessed ahead or not, set back or
 * not, they are the same to the bit.
 */
class CodedMixtureTest {
  @Nested
  class OfInt8 extends MixtureTest {
    @Override
    WeightChoice weights() {
      return new WeightChoice("int8", "");
    }
  }

  @Nested
  class OfInt4BesideOthers extends MixtureTest {
    @Override
    WeightChoice weights() {
      return new WeightChoice("int4", "int8:all;bf16:adapter;int4-g64:core;fp8:embedding");
    }
  }

  @Nested
  class OfFp8 extends MixtureTest {
    @Override
    WeightChoice weights() {
      return new WeightChoice("fp8", "");
    }
  }

  @Nested
  @Tag("gpu")
  class OfInt4OnCuda extends CudaMixtureTest {
    @Override
    WeightChoice weights() {
      return new WeightChoice("int4", "int4:all");
    }

    @Override
    int requests() {
      return 4;
    }
  }
}
