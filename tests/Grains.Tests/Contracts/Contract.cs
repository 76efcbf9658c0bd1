using System.Globalization;
using System.Reflection;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Contracts;

/// <summary>
/// What silos, gateways and workers of different versions must agree on: messages with their members, enumerations with their
/// values, grains with their methods.
/// </summary>
internal static class Contract
{
    private static readonly NullabilityInfoContext Nullability = new();
    private static readonly Assembly Interfaces = typeof(TaskId).Assembly;

    private static readonly Dictionary<Type, string> Plain = new()
    {
        [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(short)] = "short", [typeof(int)] = "int", [typeof(long)] = "long",
        [typeof(ulong)] = "ulong", [typeof(uint)] = "uint", [typeof(double)] = "double", [typeof(string)] = "string",
        [typeof(TimeSpan)] = "duration", [typeof(DateTimeOffset)] = "time", [typeof(ReadOnlyMemory<byte>)] = "bytes",
        [typeof(global::System.Numerics.BigInteger)] = "integer", [typeof(decimal)] = "decimal", [typeof(CancellationToken)] = "cancellation",
        // It knows nothing of Orleans, so a message stands for it.
        [typeof(FileName)] = "ot.FileName",
    };

    /// <summary>Every type that is sent.</summary>
    public static ImmutableArray<Type> Messages { get; } =
    [
        .. Interfaces.GetTypes().Where(static type => type.IsDefined(typeof(GenerateSerializerAttribute)) && IsWritten(type))
            .OrderBy(static type => type.FullName, StringComparer.Ordinal),
    ];

    /// <summary>Every interface that is called.</summary>
    public static ImmutableArray<Type> Grains { get; } =
    [
        .. Interfaces.GetTypes().Where(static type => type.IsInterface && IsWritten(type) && type.IsAssignableTo(typeof(IAddressable)))
            .OrderBy(static type => type.FullName, StringComparer.Ordinal),
    ];

    /// <summary>The members of a message that are sent.</summary>
    public static ImmutableArray<PropertyInfo> Members(Type message) =>
    [
        .. message.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(static member => member.IsDefined(typeof(IdAttribute)))
            .OrderBy(static member => member.GetCustomAttribute<IdAttribute>()!.Id),
    ];

    /// <summary>The stable name of a message, an interface or a method; null when it has none.</summary>
    public static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    /// <summary>The whole contract, a line a fact.</summary>
    public static IEnumerable<string> Lines()
    {
        foreach (var message in Messages)
        {
            yield return $"message {AliasOf(message)}{(message.IsValueType ? " struct" : "")}";
            foreach (var member in Members(message))
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"  {member.GetCustomAttribute<IdAttribute>()!.Id} {member.Name}: {NameOf(Nullability.Create(member))}");
        }

        foreach (var type in Messages.SelectMany(static message => Members(message)).Select(static member => member.PropertyType)
            .Concat(Grains.SelectMany(static grain => grain.GetMethods()).SelectMany(Types))
            .SelectMany(Parts).Where(static type => type.IsEnum).Distinct().OrderBy(static type => type.FullName, StringComparer.Ordinal))
        {
            yield return $"enum {type.FullName}: {NameOf(type.GetEnumUnderlyingType())}";
            foreach (var value in Enum.GetValuesAsUnderlyingType(type))
                yield return $"  {value} {Enum.GetName(type, value)}";
        }

        foreach (var grain in Grains)
        {
            yield return $"{(grain.IsAssignableTo(typeof(IGrainObserver)) ? "observer" : "grain")} {AliasOf(grain)}";
            foreach (var method in grain.GetMethods().OrderBy(AliasOf, StringComparer.Ordinal))
                yield return $"  {AliasOf(method)}({string.Join(", ", method.GetParameters().Select(static parameter =>
                    NameOf(Nullability.Create(parameter))))}){Answer(method)}";
        }
    }

    /// <summary>The types of a method's arguments and of its result.</summary>
    public static IEnumerable<Type> Types(MethodInfo method) => method.GetParameters().Select(static parameter => parameter.ParameterType)
        .Concat(method.ReturnType.IsGenericType ? method.ReturnType.GenericTypeArguments : []);

    /// <summary>Whether a type may be sent: what is immutable and known on both sides.</summary>
    public static bool IsSendable(Type type) => Parts(type).All(static part =>
        Plain.ContainsKey(part) || part.IsEnum || Messages.Contains(part) || Grains.Contains(part));

    /// <summary>The types that a type is made of, without the collections around them.</summary>
    private static IEnumerable<Type> Parts(Type type) => IsCollection(type) ? type.GenericTypeArguments.SelectMany(Parts) : [type];

    private static bool IsCollection(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() is var generic
        && (generic == typeof(ImmutableArray<>) || generic == typeof(KeyValuePair<,>) || generic == typeof(Nullable<>));

    private static string Answer(MethodInfo method) => method.ReturnType.IsGenericType
        ? ": " + NameOf(Nullability.Create(method.ReturnParameter).GenericTypeArguments[0])
        : "";

    private static string NameOf(NullabilityInfo info)
    {
        var name = NameOf(info.Type);
        return !info.Type.IsValueType && info.ReadState == NullabilityState.Nullable ? name + "?" : name;
    }

    private static string NameOf(Type type)
    {
        if (Plain.TryGetValue(type, out var plain))
            return plain;
        if (!IsCollection(type))
            return type.IsEnum ? type.FullName! : AliasOf(type) ?? type.FullName!;
        var parts = type.GenericTypeArguments.Select(NameOf).ToArray();
        return type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) ? parts[0] + "[]"
            : type.GetGenericTypeDefinition() == typeof(Nullable<>) ? parts[0] + "?"
            : $"({string.Join(", ", parts)})";
    }

    // What the engine's generator adds is not ours.
    private static bool IsWritten(Type type) =>
        !type.IsDefined(typeof(global::System.CodeDom.Compiler.GeneratedCodeAttribute)) && type.Namespace?.StartsWith("OrleansTasks", StringComparison.Ordinal) == true;
}
