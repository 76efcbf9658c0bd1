using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>A hash of a call's arguments, by their fields: the same in every process.</summary>
internal static class MessageHash
{
    private const int Deepest = 12;
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = new();

    internal static ulong Of(IInvokable call)
    {
        var hash = 1UL;
        for (var i = 0; i < call.GetArgumentCount(); i++) hash = Add(hash, call.GetArgument(i), 0);
        return hash;
    }

    private static ulong Add(ulong hash, object? value, int depth)
    {
        switch (value)
        {
            case null or CancellationToken or Delegate or TaskScheduler:
                return StableHash.Mix(hash, 0);
            case string text:
                return StableHash.Mix(hash, StableHash.Of(text));
            case Enum or bool or byte or sbyte or short or ushort or int or uint or long or ulong or double or float:
                return StableHash.Mix(hash, StableHash.Of(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)));
            case GrainReference reference:
                return StableHash.Mix(hash, StableHash.Of(reference.GrainId.ToString()));
            case ReadOnlyMemory<byte> bytes:
                foreach (var one in bytes.Span) hash = StableHash.Mix(hash, one);
                return hash;
        }

        if (depth == Deepest) return hash;
        var type = value.GetType();
        if (type.IsValueType && type.IsGenericType && type.Name.StartsWith("ImmutableArray", StringComparison.Ordinal)
            && (bool)type.GetProperty("IsDefault")!.GetValue(value)!)
        {
            return StableHash.Mix(hash, 0);
        }

        if (value is IEnumerable items)
        {
            foreach (var item in items) hash = Add(hash, item, depth + 1);
            return StableHash.Mix(hash, 1);
        }

        foreach (var field in FieldsOf(type)) hash = Add(hash, field.GetValue(value), depth + 1);
        return hash;
    }

    /// <summary>The fields of a message's type, in an order that is the same in every process.</summary>
    private static FieldInfo[] FieldsOf(Type type) => Fields.GetOrAdd(type, Find);

    private static FieldInfo[] Find(Type type)
    {
        if (type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true && !type.IsValueType) return [];
        return
        [
            .. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .OrderBy(static f => f.Name, StringComparer.Ordinal),
        ];
    }
}
