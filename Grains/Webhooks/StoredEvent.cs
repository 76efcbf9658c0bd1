using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Events;
using OrleansTasks.Feed;

namespace OrleansTasks.Webhooks;

/// <summary>
/// A stored event, converted to JSON when it is sent. <paramref name="Number"/> is its number in the source; in the
/// log, it is the number of its commit. <paramref name="Index"/> is its place in the commit, otherwise 0.
/// </summary>
internal readonly record struct StoredEvent(EventSource Source, long Number, int Index, long At, FeedEntry Entry, object? Change)
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

    /// <summary>Returns the <c>webhook-id</c>, the same for every owner that reads the event again.</summary>
    public string MessageFor(string webhook) =>
        string.Create(CultureInfo.InvariantCulture, $"msg_{webhook}_{At:x}_{LetterOf(Source)}{Number:x}_{Index:x}");

    /// <summary>Returns the source's letter in a <c>webhook-id</c>. Letters must not change.</summary>
    public static char LetterOf(EventSource source) => "lnr"[(int)source];

    public ReadOnlyMemory<byte> ToJson()
    {
        var (entry, at, change) = (Entry, At, Change);
        return Write(json =>
        {
            if (change is NodeEvent node)
                EventJson.Write(json, node);
            else if (change is ResourceEvent resource)
                EventJson.Write(json, resource);
            else
                EventJson.Write(json, entry, at);
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
