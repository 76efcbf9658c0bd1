using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Events;
using OrleansTasks.Feed;

namespace OrleansTasks.Webhooks;

/// <summary>One stored event, which becomes JSON when it is sent.</summary>
/// <param name="Source">Where it is from.</param>
/// <param name="Number">Its number there; of the log, that of its commit.</param>
/// <param name="Index">Its place in the commit; 0 for other events.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="Entry">The transition, of an event of the log.</param>
/// <param name="Change">The change of a node or a resource.</param>
internal readonly record struct StoredEvent(EventSource Source, long Number, int Index, long At, FeedEntry Entry, object? Change)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The type by which webhooks choose it.</summary>
    public WebhookTypes Type => Change switch
    {
        NodeEvent => WebhookTypes.Node,
        ResourceEvent change => change.Kind switch
        {
            ResourceKind.Queue => WebhookTypes.Queue,
            ResourceKind.Schedule => WebhookTypes.Schedule,
            _ => WebhookTypes.Workflow,
        },
        _ => Entry.IsJob ? WebhookTypes.Job : WebhookTypes.Task,
    };

    /// <summary>
    /// The <c>webhook-id</c> of its delivery: the same for every owner that makes the delivery anew from the log.
    /// </summary>
    public string MessageFor(string webhook) =>
        string.Create(CultureInfo.InvariantCulture, $"msg_{webhook}_{At:x}_{LetterOf(Source)}{Number:x}_{Index:x}");

    /// <summary>The letter that names a source in a <c>webhook-id</c>. It must not change.</summary>
    public static char LetterOf(EventSource source) => "lnr"[(int)source];

    /// <summary>The event's JSON.</summary>
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

    /// <summary>The JSON of the event that shows that a webhook works.</summary>
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
