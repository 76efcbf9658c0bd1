using System.Text;
using System.Text.Json;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Writes the <c>after</c> of a spec in the long form that answers use.</summary>
public static class AfterText
{
    /// <summary>Returns the spec with <c>after</c> in its long form. The other bytes stay unchanged.</summary>
    /// <param name="spec">A valid task spec as JSON in UTF-8.</param>
    /// <param name="after">The dependencies that <c>after</c> lists.</param>
    public static byte[] Lengthen(ReadOnlySpan<byte> spec, ImmutableArray<TaskDependency> after)
    {
        var reader = new Utf8JsonReader(spec);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAfter = reader.ValueTextEquals("after"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isAfter)
                return [.. spec[..start], .. Encoding.UTF8.GetBytes(Write(after)), .. spec[(int)reader.BytesConsumed..]];
        }

        return spec.ToArray();
    }

    private static string Write(ImmutableArray<TaskDependency> after) =>
        "[" + string.Join(",", after.Select(static one => $$"""{"task":"{{one.Task}}","on":"{{one.On.Name()}}"}""")) + "]";
}
