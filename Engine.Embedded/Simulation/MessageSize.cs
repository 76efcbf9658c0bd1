using System.Collections;

namespace OrleansTasks.Engine.Embedded;

/// <summary>About how many bytes a message takes when it is serialized: those of its texts and byte arrays, and a few for each field.</summary>
internal static class MessageSize
{
    private const int Deepest = 12;
    private const int Small = 4;

    internal static long Of(object? value) => Of(value, 0);

    private static long Of(object? value, int depth)
    {
        switch (value)
        {
            case null or Enum or Delegate or Type:
                return Small;
            case string text:
                return text.Length;
            case byte[] bytes:
                return bytes.Length;
            case ReadOnlyMemory<byte> bytes:
                return bytes.Length;
        }

        var type = value.GetType();
        if (type.IsPrimitive || depth == Deepest) return Small;
        if (type.IsGenericType && type.Name.StartsWith("ImmutableArray", StringComparison.Ordinal)
            && (bool)type.GetProperty("IsDefault")!.GetValue(value)!)
        {
            return Small;
        }

        if (value is IEnumerable items) return items.Cast<object?>().Sum(item => Of(item, depth + 1));
        return MessageHash.FieldsOf(type).Sum(field => Of(field.GetValue(value), depth + 1));
    }
}
