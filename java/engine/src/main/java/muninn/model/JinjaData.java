package muninn.model;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.fn.MacroFunction;
import com.hubspot.jinjava.util.ForLoop;
import java.beans.FeatureDescriptor;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import jinjava.javax.el.MethodNotFoundException;

/**
 * What a chat template may look into: maps, lists, and the counters of a loop. No other object has
 * properties for it, and nothing has methods: Java's would answer otherwise than Python's.
 */
final class JinjaData extends ELResolver {
  private static final ELResolver ALL = JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY;

  @Override
  public Object getValue(ELContext context, Object base, Object property) {
    if (base == null
        || base instanceof Map
        || base instanceof List
        || base instanceof ForLoop
        || isJinjavas(base)) {
      return ALL.getValue(context, base, property);
    }
    throw new MethodNotFoundException(
        "property '" + property + "' of a " + base.getClass().getSimpleName());
  }

  @Override
  public Object invoke(
      ELContext context, Object base, Object method, Class<?>[] types, Object[] arguments) {
    if (isJinjavas(base)) {
      return ALL.invoke(context, base, method, types, arguments);
    }
    throw new MethodNotFoundException("method '" + method + "'");
  }

  /** Jinjava itself turns a filter, a test or a macro into a call of the object behind it. */
  private static boolean isJinjavas(Object base) {
    return base instanceof Filter || base instanceof ExpTest || base instanceof MacroFunction;
  }

  @Override
  public void setValue(ELContext context, Object base, Object property, Object value) {
    ALL.setValue(context, base, property, value);
  }

  @Override
  public boolean isReadOnly(ELContext context, Object base, Object property) {
    return ALL.isReadOnly(context, base, property);
  }

  @Override
  public Class<?> getType(ELContext context, Object base, Object property) {
    return ALL.getType(context, base, property);
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, Object base) {
    return ALL.getCommonPropertyType(context, base);
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, Object base) {
    return ALL.getFeatureDescriptors(context, base);
  }
}
