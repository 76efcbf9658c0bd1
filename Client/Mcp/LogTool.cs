using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>Reads a piece of an attempt's output, as text.</summary>
/// <param name="call">The call that returns the standard output of a task's latest attempt.</param>
internal sealed class LogTool(ApiCall call) : McpTool(call)
{
    private const int DefaultBytes = 16 * 1024;
    private static readonly string[] Names = ["id", "stream", "offset", "maxBytes", "attempt"];

    /// <inheritdoc/>
    protected override string[] Required => ["id"];

    /// <inheritdoc/>
    public override async Task<McpOutcome> Call(McpRequest request)
    {
        var arguments = request.Arguments;
        arguments.RefuseOthers(Names);
        var stream = arguments.Text("stream") ?? "stdout";
        if (stream is not ("stdout" or "stderr"))
            throw QueryValues.Refuse("'stream' must be stdout or stderr.");
        var most = arguments.Integer("maxBytes", 1, ServiceLimits.McpOutputBytes, DefaultBytes);
        var offset = arguments.Text("offset") is null ? -1 : arguments.Integer("offset", 0, long.MaxValue - most, 0);
        var attempt = arguments.Text("attempt") is null ? "" : $"attempts/{arguments.Integer("attempt", 1, int.MaxValue, 1)}/";
        var path = McpTools.TaskOf(arguments.Required("id")).Path + $"/{attempt}output/{stream}";
        var range = offset < 0 ? $"bytes=-{most}" : $"bytes={offset}-{offset + most - 1}";
        var answer = await request.Send(new OwnCall("GET", path) { Headers = [("Range", range)] });
        var total = ContentRangeHeaderValue.TryParse(answer.Headers.ContentRange.ToString(), out var sent) ? sent.Length ?? 0 : 0;
        if (answer.Status == StatusCodes.Status416RangeNotSatisfiable && offset <= total)
        {
            // There is nothing after the offset yet. A 416 does not show whether more can follow; the answer for the
            // last byte does.
            var last = await request.Send(new OwnCall("GET", path) { Headers = [("Range", "bytes=-1")] });
            return Piece(stream, offset, [], total, last);
        }

        if (!answer.IsSuccess)
            return new McpOutcome(McpResults.Of(answer));
        return Piece(stream, sent?.From ?? 0, answer.Body!, total, answer);
    }

    /// <inheritdoc/>
    protected override JsonObject Properties() => new()
    {
        ["id"] = Property("string", McpTools.TaskId),
        ["stream"] = new JsonObject
        {
            ["type"] = "string", ["enum"] = new JsonArray("stdout", "stderr"), ["default"] = "stdout",
            ["description"] = "The stream to read.",
        },
        ["offset"] = new JsonObject
        {
            ["type"] = "integer", ["minimum"] = 0,
            ["description"] = "The first byte to read; use an earlier answer's nextOffset to continue. By default, "
                + "the end of the output is read.",
        },
        ["maxBytes"] = new JsonObject
        {
            ["type"] = "integer", ["minimum"] = 1, ["maximum"] = ServiceLimits.McpOutputBytes, ["default"] = DefaultBytes,
            ["description"] = "Maximum bytes to read.",
        },
        ["attempt"] = new JsonObject
        {
            ["type"] = "integer", ["minimum"] = 1, ["description"] = "An attempt's number; by default the latest.",
        },
    };

    private static McpOutcome Piece(string stream, long from, ReadOnlySpan<byte> bytes, long total, OwnAnswer answer)
    {
        var (start, end) = WholeCharacters.Of(bytes, isFirst: from == 0, isLast: from + bytes.Length >= total);
        return new McpOutcome(McpResults.Of(
            new JsonObject
            {
                ["stream"] = stream,
                ["offset"] = from + start,
                ["nextOffset"] = from + end,
                ["totalBytes"] = total,
                // The output has an ETag once the attempt has ended: nothing more will follow.
                ["ended"] = answer.Headers.ETag.Count > 0,
                ["text"] = Encoding.UTF8.GetString(bytes[start..end]),
            },
            isBounded: true));
    }
}
