using System.Text.Json;
using OrleansTasks.Feed;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Events;

/// <summary>Writes events in the JSON of the HTTP contract, which the event stream and webhooks share.</summary>
public static class EventJson
{
    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText State = JsonEncodedText.Encode("state");
    private static readonly JsonEncodedText Attempt = JsonEncodedText.Encode("attempt");
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");

    /// <summary>Writes a transition of a task or job; <paramref name="at"/> is in Unix milliseconds.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="entry">The transition.</param>
    /// <param name="at">When it happened.</param>
    /// <param name="more">Writes further fields, which come last.</param>
    public static void Write(Utf8JsonWriter json, FeedEntry entry, long at, Action<Utf8JsonWriter>? more = null)
    {
        json.WriteStartObject();
        json.WriteString(Type, entry.IsJob ? "job"u8 : "task"u8);
        Span<byte> id = stackalloc byte[TaskId.TextLength];
        entry.Task.WriteText(id);
        json.WriteString(Id, id);
        json.WriteString(State, entry.State.Name());
        if (!entry.IsJob)
            json.WriteNumber(Attempt, entry.Attempt);
        WriteEnd(json, at, more);
    }

    /// <summary>Writes a change of a node's state.</summary>
    public static void Write(Utf8JsonWriter json, NodeEvent change) => Write(json, "node", change.Node, change.State.Name(), change.At);

    /// <summary>Writes a change of a resource.</summary>
    public static void Write(Utf8JsonWriter json, ResourceEvent change, Action<Utf8JsonWriter>? more = null) =>
        Write(json, change.Kind.Name(), change.Id, change.State.Name(), change.At, more);

    /// <summary>Writes an event without an attempt.</summary>
    public static void Write(
        Utf8JsonWriter json, string type, string id, string state, long at, Action<Utf8JsonWriter>? more = null)
    {
        json.WriteStartObject();
        json.WriteString(Type, type);
        json.WriteString(Id, id);
        json.WriteString(State, state);
        WriteEnd(json, at, more);
    }

    private static void WriteEnd(Utf8JsonWriter json, long at, Action<Utf8JsonWriter>? more)
    {
        Span<byte> text = stackalloc byte[Timestamps.TextLength];
        Timestamps.Write(at, text);
        json.WriteString(At, text);
        more?.Invoke(json);
        json.WriteEndObject();
    }
}
