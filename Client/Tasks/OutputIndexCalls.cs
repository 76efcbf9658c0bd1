using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Shows when an attempt's output arrived: the sizes of both streams, and the arrival marks.</summary>
/// <param name="grains">Reads output.</param>
public sealed class OutputIndexCalls(GatewayGrains grains)
{
    private const int PageSize = 1024 * 1024;
    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");

    /// <summary>Answers with the index of the attempt in the route.</summary>
    internal async Task Get(HttpContext context)
    {
        var id = ReadCalls.IdOf(context);
        var attempt = OutputCalls.AttemptOf(context);
        var order = new ArrivalOrder();
        var first = await grains.Tasks.ReadOutput(id, attempt, OutputStream.Marks, 0, PageSize) ?? throw OutputCalls.NoAttempt();
        order.Add(first.Bytes.Span);
        var stdout = await Measure(id, first.Attempt, OutputStream.Stdout, order);
        var stderr = await Measure(id, first.Attempt, OutputStream.Stderr, order);
        context.Response.Headers.CacheControl = "no-store";
        var answer = JsonAnswer.Rent();
        var json = answer.Writer;
        json.WriteStartObject();
        json.WriteNumber("attempt"u8, first.Attempt);
        json.WriteStartObject("streams"u8);
        Write(json, "stdout"u8, stdout);
        Write(json, "stderr"u8, stderr);
        json.WriteEndObject();
        json.WriteStartArray("marks"u8);
        foreach (var mark in order.Marks)
        {
            json.WriteStartObject();
            json.WriteString("stream"u8, (OutputStream)mark.Stream == OutputStream.Stdout ? "stdout"u8 : "stderr"u8);
            json.WriteNumber("offset"u8, mark.Offset);
            json.WriteNumber("line"u8, mark.Line + 1);
            TaskJson.WriteTime(json, At, mark.At);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await answer.Send(context.Response);
    }

    /// <summary>
    /// Returns a stream's length and its number of lines. The marks have counted most lines; the rest are counted here, or
    /// the number is null if the rest is longer than a page.
    /// </summary>
    private async Task<(long Bytes, long? Lines)> Measure(TaskId id, int attempt, OutputStream stream, ArrivalOrder order)
    {
        var last = order.Marks.LastOrDefault(mark => mark.Stream == (uint)stream);
        var (offset, line) = last is null ? (0, 0) : (last.Offset, last.Line);
        var page = await grains.Tasks.ReadOutput(id, attempt, stream, offset, PageSize) ?? throw OutputCalls.NoAttempt();
        if (page.Length > offset + page.Bytes.Length || page.Length < offset)
            return (page.Length, null);
        var ends = page.Bytes.Span.Count((byte)'\n');
        var isOpen = page.Bytes.Span is [.., not (byte)'\n'];
        return (page.Length, line + ends + (isOpen ? 1 : 0));
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, (long Bytes, long? Lines) stream)
    {
        json.WriteStartObject(name);
        json.WriteNumber("bytes"u8, stream.Bytes);
        if (stream.Lines is { } lines)
            json.WriteNumber("lines"u8, lines);
        else
            json.WriteNull("lines"u8);
        json.WriteEndObject();
    }
}
