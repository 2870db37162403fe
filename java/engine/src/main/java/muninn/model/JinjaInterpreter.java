package muninn.model;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.InterpreterFactory;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.objects.SafeString;
import java.math.BigInteger;

/** Prints texts and whole numbers only: of other values Java and Python make different texts. */
final class JinjaInterpreter extends JinjavaInterpreter {

  private JinjaInterpreter(Jinjava application, Context context, JinjavaConfig config) {
    super(application, context, config);
  }

  private JinjaInterpreter(JinjavaInterpreter original) {
    super(original);
  }

  /** Makes Jinjava use this class. */
  static final class Factory implements InterpreterFactory {
    @Override
    public JinjavaInterpreter newInstance(JinjavaInterpreter original) {
      return new JinjaInterpreter(original);
    }

    @Override
    public JinjavaInterpreter newInstance(
        Jinjava application, Context context, JinjavaConfig config) {
      return new JinjaInterpreter(application, context, config);
    }
  }

  @Override
  public String getAsString(Object value) {
    return switch (value) {
      case null -> "";
      case String text -> text;
      case SafeString text -> text.toString();
      case Integer number -> number.toString();
      case Long number -> number.toString();
      case BigInteger number -> number.toString();
      default ->
          throw new IllegalArgumentException(
              "printing a " + value.getClass().getSimpleName() + ", wanted a text or a number");
    };
  }
}
