using System.Text;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;
using OrleansTasks.Client.Http;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Client.Mcp;

/// <summary>Reads a piece of a file that a task left: as text if it is UTF-8, otherwise as Base64.</summary>
/// <param name="call">The call that returns an artifact of a task.</param>
internal sealed class ArtifactTool(ApiCall call) : McpTool(call)
{
    private const int DefaultBytes = 16 * 1024;
    private static readonly string[] Names = ["id", "path", "offset", "maxBytes"];

    /// <inheritdoc/>
    protected override string[] Required => ["id", "path"];

    /// <inheritdoc/>
    public override async Task<McpOutcome> Call(McpRequest request)
    {
        var arguments = request.Arguments;
        arguments.RefuseOthers(Names);
        var path = arguments.Required("path");
        if (FolderPath.FindFault(path) is { } fault)
            throw QueryValues.Refuse($"'path' {fault}.");
        var most = arguments.Integer("maxBytes", 1, ServiceLimits.McpOutputBytes, DefaultBytes);
        var offset = arguments.Integer("offset", 0, long.MaxValue - most, 0);
        // A path of OwnCall is not escaped. The id must not lead elsewhere.
        var address = $"{McpTools.TaskOf(arguments.Required("id")).Path}/artifacts/{path}";
        var answer = await request.Send(new OwnCall("GET", address)
        { Headers = [("Range", $"bytes={offset}-{offset + most - 1}")] });
        var total = ContentRangeHeaderValue.TryParse(answer.Headers.ContentRange.ToString(), out var sent)
            ? sent.Length ?? 0 : 0;
        if (answer.Status == StatusCodes.Status416RangeNotSatisfiable && offset <= total)
            return Piece(path, offset, [], total);
        return answer.IsSuccess
            ? Piece(path, sent?.From ?? 0, answer.Body!, sent is null ? answer.Body!.Length : total)
            : new McpOutcome(McpResults.Of(answer));
    }

    /// <inheritdoc/>
    protected override JsonObject Properties() => new()
    {
        ["id"] = Property("string", McpTools.TaskId),
        ["path"] = Property("string", "The file's path, as list_artifacts shows it."),
        ["offset"] = new JsonObject
        {
            ["type"] = "integer", ["minimum"] = 0, ["default"] = 0,
            ["description"] = "The first byte to read; use an earlier answer's nextOffset to continue.",
        },
        ["maxBytes"] = new JsonObject
        {
            ["type"] = "integer", ["minimum"] = 1, ["maximum"] = ServiceLimits.McpOutputBytes,
            ["default"] = DefaultBytes,
            ["description"] = "Maximum bytes to read.",
        },
    };

    private static McpOutcome Piece(string path, long from, ReadOnlySpan<byte> bytes, long total)
    {
        var (start, end) = WholeCharacters.Of(bytes, isFirst: from == 0, isLast: from + bytes.Length >= total);
        var isText = !bytes.Contains((byte)0) && Utf8.IsValid(bytes[start..end]);
        if (!isText)
            (start, end) = (0, bytes.Length);
        var answer = new JsonObject
        {
            ["path"] = path, ["offset"] = from + start, ["nextOffset"] = from + end, ["totalBytes"] = total,
        };
        answer[isText ? "text" : "base64"] =
            isText ? Encoding.UTF8.GetString(bytes[start..end]) : Convert.ToBase64String(bytes);
        return new McpOutcome(McpResults.Of(answer, isBounded: true));
    }
}
