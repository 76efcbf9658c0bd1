using System.Globalization;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Sends what attempts wrote, byte for byte, whole or by range, while they run too.</summary>
/// <param name="grains">Reads output.</param>
public sealed class OutputCalls(GatewayGrains grains)
{
    private const int PageSize = 256 * 1024;

    /// <summary>The type of output.</summary>
    internal const string Type = "application/octet-stream";

    /// <summary>One stream of the latest attempt, or of the one that the route names.</summary>
    internal async Task Get(HttpContext context, OutputStream stream)
    {
        var id = ReadCalls.IdOf(context);
        var first = await grains.Tasks.ReadOutput(id, AttemptOf(context), stream, 0, PageSize) ?? throw NoAttempt();
        var response = context.Response;
        response.ContentType = Type;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        // An attempt that has ended never changes its output, so a client can resume a download by this tag.
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
        if (!HttpMethods.IsHead(context.Request.Method))
            await Copy(context, id, stream, first, offset, end);
    }

    private async Task Copy(HttpContext context, TaskId id, OutputStream stream, OutputPage page, long offset, long end)
    {
        while (offset < end)
        {
            if (offset < page.Offset || offset >= page.Offset + page.Bytes.Length)
            {
                var count = (int)Math.Min(PageSize, end - offset);
                // The attempt is fixed by the first page: a retry in between must not mix two attempts.
                page = await grains.Tasks.ReadOutput(id, page.Attempt, stream, offset, count) ?? throw NoAttempt();
                if (page.Bytes.IsEmpty)
                    throw new IOException("The output became shorter while it was being sent.");
            }

            var piece = page.Bytes[(int)(offset - page.Offset)..];
            if (piece.Length > end - offset)
                piece = piece[..(int)(end - offset)];
            await context.Response.BodyWriter.WriteAsync(piece, context.RequestAborted);
            offset += piece.Length;
        }
    }

    /// <summary>
    /// The attempt that the route names; 0, the latest, when it names none. Throws 404 for what is no number.
    /// </summary>
    internal static int AttemptOf(HttpContext context)
    {
        if (context.Request.RouteValues["attempt"] is not string text)
            return 0;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) && attempt > 0
            ? attempt
            : throw NoAttempt();
    }

    /// <summary>404: no such task or attempt.</summary>
    internal static ProblemException NoAttempt() =>
        new(Problems.NotFound("There is no such task or attempt; /attempts lists a task's attempts."));
}
