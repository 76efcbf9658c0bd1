using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Webhooks;

/// <summary>
/// A stored event, converted to JSON when it is sent. <paramref name="Number"/> is its number in the source; in the
/// log, it is the number of its commit, and <paramref name="LogQueue"/> the commit's queue. <paramref name="Index"/> is its place in the commit, otherwise 0.
/// </summary>
internal readonly record struct StoredEvent(
    EventSource Source, long Number, int Index, long At, string? LogQueue, FeedEntry Entry, object? Change)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public WebhookTypes Type => Change switch
    {
        NodeEvent => WebhookTypes.Node,
        ResourceEvent change => change.Kind switch
        {
            ResourceKind.Queue => WebhookTypes.Queue,
            ResourceKind.Schedule => WebhookTypes.Schedule,
            ResourceKind.Workflow => WebhookTypes.Workflow,
            _ => WebhookTypes.Rollout,
        },
        _ => Entry.IsJob ? WebhookTypes.Job : WebhookTypes.Task,
    };

    public string State => Change switch
    {
        NodeEvent change => change.State.Name(),
        ResourceEvent change => change.State.Name(),
        _ => Entry.State.Name(),
    };

    /// <summary>The id of what it is about; of a queue, schedule or node, its name.</summary>
    public string Id => Change switch
    {
        NodeEvent change => change.Node,
        ResourceEvent change => change.Id,
        _ => Entry.Task.ToString(),
    };

    /// <summary>Returns the <c>webhook-id</c>, the same for every owner that reads the event again.</summary>
    public string MessageFor(string webhook) =>
        string.Create(CultureInfo.InvariantCulture, $"msg_{webhook}_{At:x}_{LetterOf(Source)}{Number:x}_{Index:x}");

    /// <summary>Returns the source's letter in a <c>webhook-id</c>. Letters must not change.</summary>
    public static char LetterOf(EventSource source) => "lnr"[(int)source];

    /// <summary>Returns the JSON of the event stream, with what the event is about if that is given.</summary>
    public ReadOnlyMemory<byte> ToJson(EventSubject? subject = null)
    {
        var (entry, at, change) = (Entry, At, Change);
        Action<Utf8JsonWriter>? more = subject is null ? null : subject.WriteFields;
        return Write(json =>
        {
            if (change is NodeEvent node)
                EventJson.Write(json, node);
            else if (change is ResourceEvent resource)
                EventJson.Write(json, resource, more);
            else
                EventJson.Write(json, entry, at, more);
        });
    }

    /// <summary>Returns the JSON of a test event.</summary>
    public static ReadOnlyMemory<byte> TestOf(string webhook, long at) =>
        Write(json => EventJson.Write(json, "test", webhook, "test", at));

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(160);
        using var json = new Utf8JsonWriter(buffer, Options);
        write(json);
        json.Flush();
        return buffer.WrittenMemory;
    }
}
