using System.Buffers;
using System.Text;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Writes a <c>text/event-stream</c>. Every event goes out at once; <see cref="Beat"/> sends a comment every 15 s, so
/// that proxies and readers see that the stream lives.
/// </summary>
internal sealed class EventStream
{
    /// <summary>The type of such an answer.</summary>
    public const string Type = "text/event-stream";

    /// <summary>The time between two comments.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    // Small, because Kestrel gives a reader a second for every 240 bytes of a write before it closes the connection.
    private const long MostUnsent = 64 * 1024;

    private readonly HttpResponse response;
    private readonly TimeProvider time;
    private DateTimeOffset nextComment;

    private EventStream(HttpResponse response, TimeProvider time)
    {
        (this.response, this.time) = (response, time);
        nextComment = time.GetUtcNow() + Period;
    }

    /// <summary>The time until the next comment is due.</summary>
    public TimeSpan UntilComment
    {
        get
        {
            var left = nextComment - time.GetUtcNow();
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Whether <see cref="Flush"/> must be called before anything is added.</summary>
    public bool IsFull => response.BodyWriter.UnflushedBytes >= MostUnsent;

    /// <summary>Sends the headers.</summary>
    public static async Task<EventStream> Start(HttpContext context, TimeProvider time)
    {
        var response = context.Response;
        response.ContentType = Type;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        // Proxies that buffer would keep events from their readers.
        response.Headers["X-Accel-Buffering"] = "no";
        await response.BodyWriter.FlushAsync(context.RequestAborted);
        return new EventStream(response, time);
    }

    /// <summary>Adds an event without sending it yet; a null name is the default <c>message</c>, a null id changes
    /// nothing.</summary>
    /// <param name="name">The event's type.</param>
    /// <param name="id">What <c>Last-Event-ID</c> resumes after.</param>
    /// <param name="data">One line; JSON has no line breaks.</param>
    public void Add(string? name, string? id, ReadOnlySpan<byte> data)
    {
        var writer = response.BodyWriter;
        if (id is not null)
            WriteLine(writer, "id: "u8, id);
        if (name is not null)
            WriteLine(writer, "event: "u8, name);
        writer.Write("data: "u8);
        writer.Write(data);
        writer.Write("\n\n"u8);
    }

    /// <summary>Adds an id alone, which readers remember without seeing an event.</summary>
    public void AddPosition(string id)
    {
        WriteLine(response.BodyWriter, "id: "u8, id);
        response.BodyWriter.Write("\n"u8);
    }

    /// <summary>Sends what was added; waits while the reader is slow.</summary>
    public ValueTask<System.IO.Pipelines.FlushResult> Flush() =>
        response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);

    /// <summary>Sends a comment if one is due.</summary>
    public async Task Beat()
    {
        if (UntilComment > TimeSpan.Zero)
            return;
        nextComment = time.GetUtcNow() + Period;
        response.BodyWriter.Write(": still here\n\n"u8);
        await Flush();
    }

    private static void WriteLine(IBufferWriter<byte> writer, ReadOnlySpan<byte> field, string value)
    {
        writer.Write(field);
        Encoding.UTF8.GetBytes(value, writer);
        writer.Write("\n"u8);
    }
}
