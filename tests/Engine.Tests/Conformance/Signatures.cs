using System.Reflection;
using System.Text;

namespace OrleansTasks.Engine.Tests;

/// <summary>Public signatures of types, one line each, in a form that is the same on both engines.</summary>
internal static class Signatures
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.DeclaredOnly;

    /// <summary>The lines of a type: what it is and each public or protected member that it declares.</summary>
    public static IEnumerable<string> Of(Type type)
    {
        var name = NameOf(type);
        yield return $"{KindOf(type)} {name}";
        if (type.GetCustomAttribute<AttributeUsageAttribute>(inherit: false) is { } usage)
            yield return $"{name} usage {usage.ValidOn}, multiple {usage.AllowMultiple}, inherited {usage.Inherited}";
        foreach (var extended in type.GetInterfaces().Where(IsOfOrleans)) yield return $"{name} : {NameOf(extended)}";
        if (type.BaseType is { } parent && IsOfOrleans(parent)) yield return $"{name} : {NameOf(parent)}";
        foreach (var member in type.GetMembers(Declared).Select(Describe).OfType<string>())
            yield return $"{name} {member}";
    }

    private static bool IsOfOrleans(Type type) =>
        type.IsVisible && type.Namespace is { } ns
        && (ns == "Orleans" || ns.StartsWith("Orleans.", StringComparison.Ordinal));

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } c when IsSeen(c) => $"new({Parameters(c)})",
        MethodInfo m when IsSeen(m) && (!m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)) =>
            $"{Modifiers(m)}{m.Name}{Generic(m)}({Parameters(m)}) : {NameOf(m.ReturnType)}",
        PropertyInfo p when p.GetAccessors(true).Any(IsSeen) =>
            $"{p.Name} {{{Accessor(p.GetMethod, " get;")}{Accessor(p.SetMethod, SetOrInit(p))} }} "
            + $": {NameOf(p.PropertyType)}",
        FieldInfo { IsPublic: true } f when f.IsLiteral => $"{f.Name} = {f.GetRawConstantValue()}",
        FieldInfo { IsPublic: true, Name: not "value__" } f => $"{f.Name} : {NameOf(f.FieldType)}",
        _ => null,
    };

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Modifiers(MethodInfo method) =>
        method.IsStatic ? "static " : method.IsFamily ? "protected " : "";

    private static string Accessor(MethodInfo? accessor, string text) =>
        accessor is null || !IsSeen(accessor) ? "" : accessor.IsPublic ? text : $" protected{text}";

    private static string SetOrInit(PropertyInfo property) =>
        property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit") == true
            ? " init;"
            : " set;";

    private static string Generic(MethodInfo method) => method.IsGenericMethodDefinition
        ? $"<{string.Join(", ", method.GetGenericArguments().Select(Constrained))}>"
        : "";

    private static string Constrained(Type argument)
    {
        var constraints = argument.GetGenericParameterConstraints();
        return constraints.Length == 0
            ? argument.Name
            : $"{argument.Name} : {string.Join(" & ", constraints.Select(NameOf))}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters()
        .Select(p => $"{NameOf(p.ParameterType)} {p.Name}{Default(p)}"));

    private static string Default(ParameterInfo parameter) =>
        parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : "";

    private static string NameOf(Type type)
    {
        if (type.IsGenericParameter) return type.Name;
        if (type.IsArray) return $"{NameOf(type.GetElementType()!)}[]";
        var name = new StringBuilder(type.Namespace).Append('.').Append(type.Name);
        if (!type.IsGenericType) return name.ToString();
        return name.Append('<').AppendJoin(", ", type.GetGenericArguments().Select(NameOf)).Append('>').ToString();
    }
}
