using System.Buffers;
using System.Text.Json;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>The stored form of labels: a JSON object in their order; nothing is stored when there are none.</summary>
internal static class LabelText
{
    /// <summary>The object in UTF-8; empty when there are no labels.</summary>
    internal static ReadOnlySpan<byte> Write(ImmutableArray<Label> labels)
    {
        if (labels.IsDefaultOrEmpty)
            return default;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var label in labels)
                json.WriteString(label.Key, label.Value);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    /// <summary>
    /// What is read in place of labels that cannot be read, so that they hide no other row. No node and no filter can have this label, so a
    /// task that asks for it waits, and <c>why</c> names it.
    /// </summary>
    internal static ImmutableArray<Label> Unreadable { get; } = [new("(unreadable)", "")];

    /// <summary>Reads what <see cref="Write"/> wrote, and anything else as <see cref="Unreadable"/>.</summary>
    internal static ImmutableArray<Label> ReadOrTell(ReadOnlySpan<byte> text)
    {
        try
        {
            return Read(text);
        }
        catch (FormatException)
        {
            return Unreadable;
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; throws <see cref="FormatException"/> on anything else.</summary>
    internal static ImmutableArray<Label> Read(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return [];
        var labels = ImmutableArray.CreateBuilder<Label>();
        var json = new Utf8JsonReader(text);
        try
        {
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var key = json.GetString()!;
                json.Read();
                labels.Add(new Label(key, json.GetString() ?? throw new FormatException("A stored label has no value.")));
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new FormatException("Stored labels cannot be read.", fault);
        }

        return labels.ToImmutable();
    }
}
