using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans;
using Orleans.Serialization;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Copies objects field by field: of types that say what travels, the members with an <see cref="IdAttribute"/> and
/// those of a record's primary constructor; of tuples, all. The rest is left at its default, as on a wire.
/// </summary>
internal sealed class FieldCopier : TypeCopier
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Type _type;
    private readonly (FieldInfo Field, bool Shared)[] _fields;
    private readonly Exception? _refused;

    internal FieldCopier(Type type)
    {
        _type = type;
        var fields = new List<(FieldInfo, bool)>();
        for (var level = type;
            level is not null && level != typeof(object) && level != typeof(ValueType);
            level = level.BaseType)
        {
            if (level.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)) fields.AddRange(Sent(level));
            else if (level.Namespace == nameof(System) || level.Namespace == typeof(List<>).Namespace)
                fields.AddRange(level.GetFields(Declared).Select(f => (f, Immutability.IsCertain(f.FieldType))));
            else _refused = new CodecNotFoundException(
                $"{type} cannot be sent: its base {level} has no [GenerateSerializer].");
        }

        _fields = [.. fields];
    }

    internal override object Copy(object original, CopyContext context)
    {
        if (_refused is not null) throw new CodecNotFoundException(_refused.Message);
        var copy = RuntimeHelpers.GetUninitializedObject(_type);
        if (!_type.IsValueType) context.Add(original, copy);
        foreach (var (field, shared) in _fields)
        {
            var value = field.GetValue(original);
            field.SetValue(copy, shared ? value : Copier.Copy(value, context));
        }

        return copy;
    }

    private static IEnumerable<(FieldInfo Field, bool Shared)> Sent(Type type)
    {
        var positional = PositionalNames(type);
        foreach (var field in type.GetFields(Declared))
        {
            var property = PropertyOf(type, field);
            var member = (MemberInfo?)property ?? field;
            if (!member.IsDefined(typeof(IdAttribute)) && !(property is not null && positional.Contains(property.Name)))
                continue;
            var shared = Immutability.IsCertain(field.FieldType) || member.IsDefined(typeof(ImmutableAttribute));
            yield return (field, shared);
        }
    }

    private static PropertyInfo? PropertyOf(Type type, FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? type.GetProperty(field.Name[1..field.Name.IndexOf('>')], Declared)
            : null;

    // A record's primary constructor is the one whose parameters are all properties.
    private static HashSet<string> PositionalNames(Type type)
    {
        var isRecord = type.GetMethod("<Clone>$") is not null || type.GetMethod("PrintMembers", Declared) is not null;
        var wanted = type.GetCustomAttribute<GenerateSerializerAttribute>()!.IncludePrimaryConstructorParameters;
        if (!isRecord && !wanted) return [];
        return type.GetConstructors(Declared)
            .Select(c => c.GetParameters())
            .Where(p => p.Length > 0 && p.All(x => type.GetProperty(x.Name!)?.PropertyType == x.ParameterType))
            .OrderByDescending(p => p.Length)
            .FirstOrDefault()?.Select(p => p.Name!).ToHashSet() ?? [];
    }
}
