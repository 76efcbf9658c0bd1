using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Client.Files;

/// <summary>Sends stored files as answers. Their bytes pass through in blocks; no file is in memory as a whole.</summary>
/// <param name="grains">The stored files.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
public sealed class FileSending(GatewayGrains grains, AnswerBudget answers)
{
    /// <summary>The media type of bytes of which nothing is known.</summary>
    internal const string AnyType = "application/octet-stream";

    private const int Block = ServiceLimits.FileBlockBytes;

    /// <summary>
    /// Sends a file or a range of it, as an attachment; or inline with a type that a browser may show, which then runs nothing of it.
    /// </summary>
    internal async Task Send(HttpContext context, StoredFile file, string? shownAs = null)
    {
        var response = context.Response;
        var tag = $"\"{file.Name.ToHex()}\"";
        response.Headers.ETag = tag;
        response.Headers.CacheControl = "private, immutable";
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } known && ETags.Match(known, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = shownAs ?? AnyType;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ContentDisposition = shownAs is null ? "attachment" : "inline";
        response.Headers.XContentTypeOptions = "nosniff";
        if (shownAs is not null)
            response.Headers.ContentSecurityPolicy = "sandbox";
        var (offset, end) = (0L, file.Bytes);
        if (ByteRange.Find(context.Request.Headers, tag) is { } range && !range.IsTailOfNothing(file.Bytes))
        {
            if (!range.TryResolve(file.Bytes, out offset, out end))
            {
                (response.Headers.ETag, response.Headers.CacheControl, response.Headers.ContentDisposition) = (default, default, default);
                response.Headers.ContentRange = $"bytes */{file.Bytes}";
                await context.WriteProblem(Problems.RangeNotSatisfiable(file.Bytes));
                return;
            }

            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {offset}-{end - 1}/{file.Bytes}";
        }

        response.ContentLength = end - offset;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        using var place = end - offset > AnswerBudget.Small ? await answers.Hold(context, 2 * Block) : null;
        await Copy(file.Name, offset, end, answers.Download(context).Write);
    }

    /// <summary>Makes room for an answer of unknown length, and returns what sends its bytes.</summary>
    internal async Task<(IDisposable Room, Func<ReadOnlyMemory<byte>, ValueTask> Write)> Begin(HttpContext context) =>
        (await answers.Hold(context, 2 * Block), answers.Download(context).Write);

    /// <summary>Passes the bytes of a file on. Reads a block while the one before is being sent.</summary>
    /// <exception cref="IOException">The file was removed meanwhile.</exception>
    internal async Task Copy(FileName name, long offset, long end, Func<ReadOnlyMemory<byte>, ValueTask> write)
    {
        var next = Read(offset);
        while (offset < end)
        {
            var block = await next ?? throw new IOException("The file was removed while it was being sent.");
            if (block.Bytes.IsEmpty)
                throw new IOException("The file became shorter while it was being sent.");
            offset += block.Bytes.Length;
            next = Read(offset);
            // If the caller goes, nobody waits for it.
            next.Ignore();
            await write(block.Bytes);
            BlockArrays.Return(block.Bytes);
        }

        Task<FileBlock?> Read(long at) => at >= end
            ? Task.FromResult<FileBlock?>(null)
            : grains.Files.Read(name, at, (int)Math.Min(Block, end - at));
    }
}
