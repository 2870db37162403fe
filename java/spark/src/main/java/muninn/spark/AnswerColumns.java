package muninn.spark;

import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The answer of a row as a column: the fields of an answer's line in a batch job, by type. */
final class AnswerColumns {
  private static final StructType LOGPROB =
      new StructType()
          .add("token", DataTypes.IntegerType)
          .add("text", DataTypes.StringType)
          .add("logprob", DataTypes.FloatType);

  private static final StructType ONE =
      new StructType()
          .add("text", DataTypes.StringType)
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("steps", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("finish_reason", DataTypes.StringType)
          .add("approximate", DataTypes.BooleanType)
          .add(
              "logprobs",
              DataTypes.createArrayType(LOGPROB.add("top", DataTypes.createArrayType(LOGPROB))));

  private static final StructType USAGE =
      new StructType()
          .add("prompt_tokens", DataTypes.IntegerType)
          .add("completion_tokens", DataTypes.IntegerType)
          .add("total_tokens", DataTypes.IntegerType);

  /** What is not told of an answer is null. */
  static final StructType TYPE =
      ONE.add("answers", DataTypes.createArrayType(ONE.add("seed", DataTypes.LongType)))
          .add("usage", USAGE)
          .add("error", DataTypes.StringType);

  private AnswerColumns() {}
}
