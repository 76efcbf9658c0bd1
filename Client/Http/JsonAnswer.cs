using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>
/// A reusable buffer for a JSON document, so that an answer has a Content-Length, is sent in one write, and can be
/// stored for a replay.
/// </summary>
public sealed class JsonAnswer
{
    private const int InitialSize = 2 * 1024;
    private const int LargestKept = 256 * 1024;

    private static readonly JsonWriterOptions Options = new()
    {
        // The answers are never HTML, so do not escape more than JSON requires. Skip validation, because the writing
        // code is fixed.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    [ThreadStatic]
    private static JsonAnswer? spare;

    private readonly Buffer buffer = new();

    private JsonAnswer() => Writer = new Utf8JsonWriter(buffer, Options);

    /// <summary>The writer of the document.</summary>
    public Utf8JsonWriter Writer { get; }

    /// <summary>
    /// Takes an empty buffer. Return it with <see cref="Send"/>, <see cref="ToArray"/> or <see cref="Return"/>.
    /// </summary>
    public static JsonAnswer Rent()
    {
        var answer = spare ?? new JsonAnswer();
        spare = null;
        return answer;
    }

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Writer.Flush();
            return buffer.WrittenSpan;
        }
    }

    /// <summary>
    /// Returns room for at least <paramref name="size"/> bytes that bypass <see cref="Writer"/>. Call
    /// <see cref="Advance"/> afterwards.
    /// </summary>
    public Span<byte> GetSpan(int size) => buffer.GetSpan(size);

    /// <summary>Adds the bytes written to the start of <see cref="GetSpan"/> to the document.</summary>
    public void Advance(int bytes) => buffer.Advance(bytes);

    /// <summary>Sends the document as the whole body of a response.</summary>
    public Task Send(HttpResponse response, string type = "application/json")
    {
        Writer.Flush();
        response.ContentType = type;
        response.ContentLength = buffer.WrittenCount;
        if (buffer.WrittenCount > AnswerBudget.Small)
            return SendLarge(response);
        var sent = response.BodyWriter.WriteAsync(buffer.WrittenMemory, response.HttpContext.RequestAborted);
        if (sent.IsCompletedSuccessfully)
        {
            // The pipe has copied the bytes, so the buffer can be reused.
            _ = sent.Result;
            Return();
            return Task.CompletedTask;
        }

        return Complete(sent);
    }

    /// <summary>
    /// Sends what a long document has so far, if that is much, and empties the buffer for the rest.
    /// </summary>
    internal async ValueTask SendPart(HttpResponse response, AnswerWriter writer)
    {
        if (Writer.BytesPending + buffer.WrittenCount < AnswerBudget.Small)
            return;
        Writer.Flush();
        response.ContentType ??= "application/json";
        await writer.Write(buffer.WrittenMemory);
        buffer.Clear();
    }

    /// <summary>Sends the rest of a document, or all of it if nothing has been sent.</summary>
    internal async Task SendLast(HttpResponse response, AnswerWriter writer)
    {
        if (!response.HasStarted)
        {
            await Send(response);
            return;
        }

        Writer.Flush();
        await writer.Write(buffer.WrittenMemory);
        Return();
    }

    /// <summary>Returns a copy of the document.</summary>
    public byte[] ToArray()
    {
        var copy = Written.ToArray();
        Return();
        return copy;
    }

    /// <summary>
    /// Empties the buffer and keeps it for the next <see cref="Rent"/> of this thread.
    /// </summary>
    public void Return()
    {
        buffer.Clear();
        Writer.Reset();
        spare = this;
    }

    private async Task SendLarge(HttpResponse response)
    {
        var context = response.HttpContext;
        await context.RequestServices.GetRequiredService<AnswerBudget>().Send(context, buffer.WrittenMemory);
        Return();
    }

    private async Task Complete(ValueTask<System.IO.Pipelines.FlushResult> sent)
    {
        await sent;
        Return();
    }

    /// <summary>A buffer that does not stay large.</summary>
    private sealed class Buffer : IBufferWriter<byte>
    {
        private ArrayBufferWriter<byte> inner = new(InitialSize);

        public int WrittenCount => inner.WrittenCount;

        public ReadOnlySpan<byte> WrittenSpan => inner.WrittenSpan;

        public ReadOnlyMemory<byte> WrittenMemory => inner.WrittenMemory;

        public void Advance(int count) => inner.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public void Clear()
        {
            if (inner.Capacity > LargestKept)
                inner = new ArrayBufferWriter<byte>(InitialSize);
            else
                inner.ResetWrittenCount();
        }
    }
}
