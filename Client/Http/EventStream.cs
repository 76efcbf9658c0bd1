using System.Buffers;
using System.Text;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Writes a <c>text/event-stream</c>. <see cref="Beat"/> sends a comment every 15 s, so that proxies and readers know
/// that the stream is alive.
/// </summary>
internal sealed class EventStream
{
    /// <summary>The stream's media type.</summary>
    public const string Type = "text/event-stream";

    /// <summary>The time between two comments.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    // Bytes. Small, because Kestrel closes the connection if a reader takes longer than a second per 240 bytes of a
    // write.
    private const long MostUnsent = 64 * 1024;

    private readonly HttpResponse response;
    private readonly TimeProvider time;
    // A monotonic timestamp: comments must go on if the clock is set back.
    private long lastComment;

    private EventStream(HttpResponse response, TimeProvider time)
    {
        (this.response, this.time) = (response, time);
        lastComment = time.GetTimestamp();
    }

    /// <summary>The time until the next comment is due.</summary>
    public TimeSpan UntilComment
    {
        get
        {
            var left = Period - time.GetElapsedTime(lastComment);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Whether <see cref="Flush"/> must be called before anything more is added.</summary>
    public bool IsFull => response.BodyWriter.UnflushedBytes >= MostUnsent;

    /// <summary>Sends the headers.</summary>
    public static async Task<EventStream> Start(HttpContext context, TimeProvider time)
    {
        var response = context.Response;
        response.ContentType = Type;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        // Ask proxies not to buffer, which would delay events.
        response.Headers["X-Accel-Buffering"] = "no";
        await response.BodyWriter.FlushAsync(context.RequestAborted);
        return new EventStream(response, time);
    }

    /// <summary>Adds an event without sending it yet.</summary>
    /// <param name="name">The event's type; null for the default, <c>message</c>.</param>
    /// <param name="id">The position that <c>Last-Event-ID</c> resumes after; null to leave it unchanged.</param>
    /// <param name="data">The data, as one line; JSON without line breaks is.</param>
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

    /// <summary>Adds only an id, which readers remember without seeing an event.</summary>
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
        lastComment = time.GetTimestamp();
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
