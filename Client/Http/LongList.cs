using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>
/// An answer with a list whose items are read from the store page by page and may be long. It reserves memory in the
/// <see cref="AnswerBudget"/> before the first page is read, sends its bytes in parts while it grows, and ends early,
/// with a cursor, when it is full.
/// </summary>
internal sealed class LongList : IDisposable
{
    private readonly HttpContext context;
    private readonly IDisposable place;
    private readonly AnswerWriter writer;
    private readonly JsonAnswer answer = JsonAnswer.Rent();

    private LongList(HttpContext context, IDisposable place, AnswerWriter writer)
    {
        (this.context, this.place, this.writer) = (context, place, writer);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("items"u8);
    }

    /// <summary>Whether the answer has all the bytes that an answer may have.</summary>
    public bool IsFull => answer.Writer.BytesCommitted + answer.Writer.BytesPending >= ServiceLimits.ListBytes;

    /// <summary>Waits until the budget has the memory for the answer.</summary>
    /// <exception cref="ProblemException">429 or 503: the budget is used up.</exception>
    public static async Task<LongList> Begin(HttpContext context, AnswerBudget answers) =>
        new(context, await answers.Hold(context, ServiceLimits.ListBytes), answers.Writer(context));

    /// <summary>Adds an item, then does what <see cref="Send"/> does.</summary>
    public ValueTask Add<T>(T item, Action<Utf8JsonWriter, T> write)
    {
        Write(item, write);
        return Send();
    }

    /// <summary>
    /// Adds an item without sending anything: for code that holds a turn of <see cref="LongReads"/> and must not wait
    /// for the client.
    /// </summary>
    public void Write<T>(T item, Action<Utf8JsonWriter, T> write) => write(answer.Writer, item);

    /// <summary>Sends the unsent bytes once there are at least <see cref="AnswerBudget.Small"/>.</summary>
    public ValueTask Send() => answer.SendPart(context.Response, writer);

    /// <summary>Sends the rest.</summary>
    /// <param name="nextCursor">The cursor of the next page; null on the last page.</param>
    public Task End(string? nextCursor)
    {
        answer.Writer.WriteEndArray();
        answer.Writer.WriteString("nextCursor"u8, nextCursor);
        answer.Writer.WriteEndObject();
        return answer.SendLast(context.Response, writer);
    }

    /// <summary>Gives the memory back to the budget.</summary>
    public void Dispose() => place.Dispose();
}
