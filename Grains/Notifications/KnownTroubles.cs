using System.Buffers;
using System.Text.Json;

namespace OrleansTasks.Notifications;

/// <summary>
/// What a notification remembers between two messages: the definitions and schedules that failed and have not succeeded
/// since, and the items that needed attention; at most <see cref="Most"/> of each.
/// </summary>
internal sealed class KnownTroubles
{
    /// <summary>Maximum number of failing definitions and schedules; the recovery of others is not reported.</summary>
    public const int Most = 10_000;

    private readonly SortedSet<string> failing = new(StringComparer.Ordinal);

    // When each item was last seen; 0 for an item that was stored and not seen since.
    private readonly SortedDictionary<string, long> attention = new(StringComparer.Ordinal);

    /// <summary>Milliseconds after which an item that no gateway has seen has gone.</summary>
    public const long GoneAfter = 60_000;

    /// <summary>Whether anything is known to fail.</summary>
    public bool HasFailing => failing.Count > 0;

    /// <summary>Notes a failure.</summary>
    public void Failed(string key)
    {
        if (failing.Count < Most)
            failing.Add(key);
    }

    /// <summary>Notes a success. Returns whether it is the first one after failures.</summary>
    public bool Succeeded(string key) => failing.Remove(key);

    /// <summary>
    /// Notes what needs attention, as one gateway sees it. Returns what did not need it before. Gateways may differ, so
    /// an item has gone only when none has seen it for <see cref="GoneAfter"/> milliseconds.
    /// </summary>
    public IReadOnlyList<AttentionNote> Attend(IEnumerable<AttentionNote> seen, long now)
    {
        var news = new List<AttentionNote>();
        foreach (var note in seen)
        {
            if (!attention.ContainsKey(note.Key))
            {
                if (attention.Count >= Most)
                    continue;
                news.Add(note);
            }

            attention[note.Key] = now;
        }

        foreach (var (key, at) in attention.ToArray())
        {
            if (at == 0)
                attention[key] = now;
            else if (now - at > GoneAfter)
                attention.Remove(key);
        }

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
            Write(json, "attention", attention.Keys);
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
            foreach (var key in document.RootElement.GetProperty("failing").EnumerateArray())
                known.failing.Add(key.GetString()!);
            foreach (var key in document.RootElement.GetProperty("attention").EnumerateArray())
                known.attention[key.GetString()!] = 0;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new KnownTroubles();
        }

        return known;
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<string> keys)
    {
        json.WriteStartArray(name);
        foreach (var key in keys)
            json.WriteStringValue(key);
        json.WriteEndArray();
    }
}
