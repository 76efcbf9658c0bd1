using OrleansTasks.Client.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Shows when an attempt's output arrived: the sizes of both streams, and the arrival marks.</summary>
/// <param name="grains">Reads output.</param>
public sealed class OutputIndexCalls(GatewayGrains grains)
{
    private const int PageSize = 1024 * 1024;

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
        await ContractJson.Send(context, new OutputIndexAnswer(
            first.Attempt, new OutputSizesAnswer(stdout, stderr),
            order.Marks.Select(static mark => new OutputMarkAnswer((OutputStream)mark.Stream, mark.Offset, mark.Line + 1, mark.At))));
    }

    /// <summary>
    /// Returns a stream's length and its number of lines. The marks have counted most lines; the rest are counted here, or
    /// the number is null if the rest is longer than a page.
    /// </summary>
    private async Task<OutputSizeAnswer> Measure(TaskId id, int attempt, OutputStream stream, ArrivalOrder order)
    {
        var last = order.Marks.LastOrDefault(mark => mark.Stream == (uint)stream);
        var (offset, line) = last is null ? (0, 0) : (last.Offset, last.Line);
        var page = await grains.Tasks.ReadOutput(id, attempt, stream, offset, PageSize) ?? throw OutputCalls.NoAttempt();
        if (page.Length > offset + page.Bytes.Length || page.Length < offset)
            return new OutputSizeAnswer(page.Length, null);
        var ends = page.Bytes.Span.Count((byte)'\n');
        var isOpen = page.Bytes.Span is [.., not (byte)'\n'];
        return new OutputSizeAnswer(page.Length, line + ends + (isOpen ? 1 : 0));
    }
}
