using System.Buffers;
using System.Text.Json;

namespace OrleansTasks.Notifications;

/// <summary>
/// What a notification knows between two messages: which definitions and schedules have failed and not succeeded since,
/// and what needed attention. Bounded by <see cref="Most"/> each.
/// </summary>
internal sealed class KnownTroubles
{
    /// <summary>The most definitions and schedules that are known to fail; the success of others is not told.</summary>
    public const int Most = 10_000;

    private readonly SortedSet<string> failing = new(StringComparer.Ordinal);
    private SortedSet<string> attention = new(StringComparer.Ordinal);

    /// <summary>Whether anything is known to fail.</summary>
    public bool HasFailing => failing.Count > 0;

    /// <summary>Notes a failure. Returns whether that is news.</summary>
    public bool Failed(string key) => failing.Count < Most && failing.Add(key);

    /// <summary>Notes a success. Returns whether it is the first one after failures.</summary>
    public bool Succeeded(string key) => failing.Remove(key);

    /// <summary>Notes all that needs attention now. Returns what did not need it before.</summary>
    public IReadOnlyList<AttentionNote> Attend(IEnumerable<AttentionNote> all)
    {
        AttentionNote[] now = [.. all.Take(Most)];
        AttentionNote[] news = [.. now.Where(one => !attention.Contains(one.Key))];
        attention = new SortedSet<string>(now.Select(static one => one.Key), StringComparer.Ordinal);
        return news;
    }

    /// <summary>Returns what is known, as JSON in UTF-8.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Write(json, "failing", failing);
            Write(json, "attention", attention);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Write()"/> wrote; nothing if it cannot be read.</summary>
    public static KnownTroubles Read(ReadOnlyMemory<byte> stored)
    {
        var known = new KnownTroubles();
        if (stored.IsEmpty)
            return known;
        try
        {
            using var document = JsonDocument.Parse(stored);
            foreach (var (name, set) in new[] { ("failing", known.failing), ("attention", known.attention) })
            {
                foreach (var key in document.RootElement.GetProperty(name).EnumerateArray())
                    set.Add(key.GetString()!);
            }
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new KnownTroubles();
        }

        return known;
    }

    private static void Write(Utf8JsonWriter json, string name, SortedSet<string> keys)
    {
        json.WriteStartArray(name);
        foreach (var key in keys)
            json.WriteStringValue(key);
        json.WriteEndArray();
    }
}
