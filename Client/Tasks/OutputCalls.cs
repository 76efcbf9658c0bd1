using System.Globalization;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Sends the output of attempts, byte for byte, as a whole or by range, even while they are running.</summary>
/// <param name="grains">Reads output.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
public sealed class OutputCalls(GatewayGrains grains, AnswerBudget answers)
{
    private const int PageSize = 256 * 1024;

    /// <summary>The media type of output.</summary>
    internal const string Type = "application/octet-stream";

    /// <summary>Sends one stream of the latest attempt or of the one in the route.</summary>
    internal async Task Get(HttpContext context, OutputStream stream)
    {
        var id = ReadCalls.IdOf(context);
        var first = await grains.Tasks.ReadOutput(id, AttemptOf(context), stream, 0, AnswerBudget.Small)
            ?? throw NoAttempt();
        var response = context.Response;
        response.ContentType = Type;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        // The output of an ended attempt never changes, so a client can resume a download with this ETag.
        var tag = first.Ended ? string.Create(CultureInfo.InvariantCulture, $"\"{first.Attempt}-{first.Length}\"")
            : null;
        response.Headers.ETag = tag;
        var (offset, end) = (0L, first.Length);
        if (ByteRange.Find(context.Request.Headers, tag) is { } range && !range.IsTailOfNothing(first.Length))
        {
            if (!range.TryResolve(first.Length, out offset, out end))
            {
                response.Headers.ETag = default;
                response.Headers.ContentRange = $"bytes */{first.Length}";
                await context.WriteProblem(Problems.RangeNotSatisfiable(first.Length));
                return;
            }

            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {offset}-{end - 1}/{first.Length}";
        }

        response.ContentLength = end - offset;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        using var place = end - offset > AnswerBudget.Small ? await answers.Hold(context, PageSize) : null;
        await Copy(context, id, stream, first, offset, end);
    }

    private async Task Copy(HttpContext context, TaskId id, OutputStream stream, OutputPage page, long offset, long end)
    {
        var download = answers.Download(context);
        while (offset < end)
        {
            if (offset < page.Offset || offset >= page.Offset + page.Bytes.Length)
            {
                var count = (int)Math.Min(PageSize, end - offset);
                // Keep reading the attempt of the first page, so that a retry in between does not mix two attempts.
                page = await grains.Tasks.ReadOutput(id, page.Attempt, stream, offset, count) ?? throw NoAttempt();
                if (page.Bytes.IsEmpty)
                    throw new IOException("The output became shorter while it was being sent.");
            }

            var piece = page.Bytes[(int)(offset - page.Offset)..];
            if (piece.Length > end - offset)
                piece = piece[..(int)(end - offset)];
            await download.Write(piece);
            offset += piece.Length;
        }
    }

    /// <summary>
    /// Returns the attempt in the route; 0, for the latest, if there is none. Throws 404 if it is not a number.
    /// </summary>
    internal static int AttemptOf(HttpContext context)
    {
        if (context.Request.RouteValues["attempt"] is not string text)
            return 0;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) && attempt > 0
            ? attempt
            : throw NoAttempt();
    }

    /// <summary>Returns the exception for 404: no such task or attempt.</summary>
    internal static ProblemException NoAttempt() =>
        new(Problems.NotFound("No task has this id, or the task has no such attempt; /attempts lists a task's attempts."));
}
