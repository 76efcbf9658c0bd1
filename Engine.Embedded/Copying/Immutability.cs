using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Text;
using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Tells which types nobody can change once made, so that their values travel without a copy: known ones, those marked
/// <see cref="ImmutableAttribute"/>, and sendable types all of whose fields are read-only and of such types.
/// </summary>
internal static class Immutability
{
    private static readonly HashSet<Type> Known =
    [
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly),
        typeof(TimeSpan), typeof(Guid), typeof(Uri), typeof(Version), typeof(BigInteger), typeof(Int128),
        typeof(UInt128), typeof(Half), typeof(Rune), typeof(CancellationToken), typeof(IPAddress), typeof(IPEndPoint),
        typeof(CultureInfo), typeof(GrainId), typeof(StreamId), typeof(DBNull), typeof(Index), typeof(Range),
        typeof(Nothing), typeof(object),
    ];

#pragma warning disable RS0030 // They are named here, not walked through.
    private static readonly HashSet<Type> ImmutableIfArgumentsAre =
    [
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableQueue<>), typeof(ImmutableStack<>),
        typeof(ImmutableHashSet<>), typeof(ImmutableSortedSet<>), typeof(ImmutableDictionary<,>),
        typeof(ImmutableSortedDictionary<,>), typeof(ReadOnlyMemory<>), typeof(Nullable<>), typeof(KeyValuePair<,>),
        typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>),
        typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>), typeof(Tuple<>),
        typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>), typeof(Tuple<,,,,>),
    ];
#pragma warning restore RS0030

    private static readonly ConcurrentDictionary<Type, bool> CertainByType = new();
    private static readonly ConcurrentDictionary<Type, bool> ExactByType = new();

    /// <summary>Whether whatever is stored in a variable of this type is immutable.</summary>
    internal static bool IsCertain(Type type) =>
        CertainByType.GetOrAdd(type, static t => IsCertain(t, []));

    /// <summary>Whether objects of exactly this type are immutable.</summary>
    internal static bool IsExactly(Type type) => ExactByType.GetOrAdd(type, static t => IsExactly(t, []));

    private static bool IsCertain(Type type, HashSet<Type> assumed)
    {
        // A plain object variable may hold anything, though an object of exactly that type is immutable.
        if (type == typeof(object) || type.IsInterface || type.IsAbstract) return false;
        return (type.IsSealed || type.IsValueType) && IsExactly(type, assumed);
    }

    private static bool IsExactly(Type type, HashSet<Type> assumed)
    {
        if (type.IsPrimitive || type.IsEnum || Known.Contains(type)) return true;
        if (type.IsDefined(typeof(ImmutableAttribute), inherit: false)) return true;
        if (type.IsAssignableTo(typeof(Type)) || type.IsAssignableTo(typeof(Reference))) return true;
        if (type.IsGenericType && ImmutableIfArgumentsAre.Contains(type.GetGenericTypeDefinition()))
            return type.GenericTypeArguments.All(a => IsCertain(a, assumed));

        // A type that contains itself is immutable if all else in it is.
        return type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)
            && (!assumed.Add(type) || HasOnlyFixedFields(type, assumed));
    }

    private static bool HasOnlyFixedFields(Type type, HashSet<Type> assumed)
    {
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            if (!parent.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)) return false;
            if (!parent.IsDefined(typeof(ImmutableAttribute), inherit: false) && !HasOnlyFixedFields(parent, assumed))
                return false;
        }

        const BindingFlags Declared =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return type.GetFields(Declared).All(f =>
            (f.IsInitOnly || type.IsValueType) && IsCertain(f.FieldType, assumed));
    }
}
