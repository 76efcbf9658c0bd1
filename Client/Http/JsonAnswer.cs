using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>
/// A JSON document being built in memory that is used again and again, so that an answer has a Content-Length, goes out
/// in one write, and can be kept for a replay.
/// </summary>
public sealed class JsonAnswer
{
    private const int InitialSize = 2 * 1024;
    private const int LargestKept = 256 * 1024;

    private static readonly JsonWriterOptions Options = new()
    {
        // The answers are never HTML, so text stays readable; SkipValidation because the writing code is fixed.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static JsonAnswer? spare;

    private readonly ArrayBufferWriter<byte> buffer = new(InitialSize);

    private JsonAnswer() => Writer = new Utf8JsonWriter(buffer, Options);

    /// <summary>Writes the document.</summary>
    public Utf8JsonWriter Writer { get; }

    /// <summary>Takes an empty one; give it back by <see cref="Send"/>, <see cref="ToArray"/> or
    /// <see cref="Return"/>.</summary>
    public static JsonAnswer Rent()
    {
        var answer = spare ?? new JsonAnswer();
        spare = null;
        return answer;
    }

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Writer.Flush();
            return buffer.WrittenSpan;
        }
    }

    /// <summary>Room for at least so many bytes, which are written beside <see cref="Writer"/>; then call <see cref="Advance"/>.</summary>
    public Span<byte> GetSpan(int size) => buffer.GetSpan(size);

    /// <summary>Adds to the document what was written to the start of <see cref="GetSpan"/>.</summary>
    public void Advance(int bytes) => buffer.Advance(bytes);

    /// <summary>Sends the document as the whole body of a response.</summary>
    public Task Send(HttpResponse response, string type = "application/json")
    {
        Writer.Flush();
        response.ContentType = type;
        response.ContentLength = buffer.WrittenCount;
        var sent = response.BodyWriter.WriteAsync(buffer.WrittenMemory, response.HttpContext.RequestAborted);
        if (sent.IsCompletedSuccessfully)
        {
            // The pipe has its own copy by now.
            _ = sent.Result;
            Return();
            return Task.CompletedTask;
        }

        return Complete(sent);
    }

    /// <summary>Sends what there is so far of a long document, and goes on with an empty buffer.</summary>
    public async Task SendPart(HttpResponse response)
    {
        Writer.Flush();
        response.ContentType ??= "application/json";
        await response.BodyWriter.WriteAsync(buffer.WrittenMemory, response.HttpContext.RequestAborted);
        buffer.ResetWrittenCount();
    }

    /// <summary>Sends the end of a document, or all of it when nothing has been sent.</summary>
    public async Task SendLast(HttpResponse response)
    {
        if (!response.HasStarted)
        {
            await Send(response);
            return;
        }

        await SendPart(response);
        Return();
    }

    /// <summary>A copy of the document.</summary>
    public byte[] ToArray()
    {
        var copy = Written.ToArray();
        Return();
        return copy;
    }

    /// <summary>Empties it for the next.</summary>
    public void Return()
    {
        if (buffer.Capacity > LargestKept)
            return;
        buffer.ResetWrittenCount();
        Writer.Reset();
        spare = this;
    }

    private async Task Complete(ValueTask<System.IO.Pipelines.FlushResult> sent)
    {
        await sent;
        Return();
    }
}
