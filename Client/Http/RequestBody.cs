using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace OrleansTasks.Client.Http;

/// <summary>Reads request bodies as a whole, with limits on size and time.</summary>
public static class RequestBody
{
    /// <summary>Maximum size of an ordinary body in bytes: 1 MiB.</summary>
    public const int Largest = ServiceLimits.BodyBytes;

    /// <summary>Maximum size of a batch in bytes: 16 MiB.</summary>
    public const int LargestBatch = ServiceLimits.LargeBodyBytes;

    /// <summary>The maximum time for a body to stall.</summary>
    public static readonly TimeSpan LongestStall = ServiceLimits.BodyStall;

    private const string Json = "application/json";

    // Bytes for the start of a body of unknown length.
    private const int FirstRoom = 4 * 1024;

    /// <summary>
    /// Returns the whole body of a JSON request. Throws a <see cref="ProblemException"/> with 415, 413 or 408, or with
    /// 400 if the body breaks off or its framing is invalid.
    /// </summary>
    public static ValueTask<byte[]> ReadJson(HttpContext context, int limit, TimeProvider time)
    {
        Require(context, Json);
        return ReadAny(context, limit, time);
    }

    /// <summary>
    /// Returns the whole body of a request of any media type. Throws as <see cref="ReadJson"/> does, with 415 for a
    /// compressed body.
    /// </summary>
    public static ValueTask<byte[]> ReadAny(HttpContext context, int limit, TimeProvider time)
    {
        if (IsEncoded(context.Request.Headers))
            throw new ProblemException(Problems.UnsupportedMediaType(Json));
        if (context.Request.ContentLength > limit)
            throw new ProblemException(Problems.BodyTooLarge(limit));
        var reader = context.Request.BodyReader;
        try
        {
            if (reader.TryRead(out var read))
            {
                if (read.IsCompleted && read.Buffer.Length <= limit)
                {
                    var body = read.Buffer.ToArray();
                    reader.AdvanceTo(read.Buffer.End);
                    return ValueTask.FromResult(body);
                }

                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (IOException fault) when (IsOfFraming(fault))
        {
            throw Broken();
        }

        return ReadRest(context, limit, time);
    }

    /// <summary>
    /// Throws 415 unless Content-Type names this media type, in UTF-8, and the body is not compressed.
    /// </summary>
    public static void Require(HttpContext context, string kind)
    {
        if (!IsOf(context.Request.ContentType, kind) || IsEncoded(context.Request.Headers))
            throw new ProblemException(Problems.UnsupportedMediaType(kind));
    }

    /// <summary>
    /// Checks the body of a call that expects none. Throws if there is one that is not JSON or is too large.
    /// </summary>
    public static void RefuseOther(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return;
        if (!IsOf(context.Request.ContentType, Json))
            throw new ProblemException(Problems.UnsupportedMediaType(Json));
        if (context.Request.ContentLength > Largest)
            throw new ProblemException(Problems.BodyTooLarge(Largest));
    }

    private static async ValueTask<byte[]> ReadRest(HttpContext context, int limit, TimeProvider time)
    {
        // A body of unknown length may have any.
        var expected = (int)(context.Request.ContentLength ?? limit);
        var isLarge = expected > BodyBudget.Small;
        if (isLarge)
            await context.RequestServices.GetRequiredService<BodyBudget>().Enter(context, expected);
        var reader = context.Request.BodyReader;
        var body = new ArrayBufferWriter<byte>(context.Request.ContentLength is > 0 ? expected : FirstRoom);
        var began = time.GetTimestamp();
        while (true)
        {
            var read = await ReadMore(
                context, time, isLarge ? LeftFor(body.WrittenCount, time.GetElapsedTime(began)) : LongestStall);
            if (body.WrittenCount + read.Buffer.Length > limit)
            {
                // Consume what was read: Kestrel drains the rest of the body, and would log an error for an unfinished
                // read.
                reader.AdvanceTo(read.Buffer.End);
                throw new ProblemException(Problems.BodyTooLarge(limit));
            }

            // Take the bytes from Kestrel's buffer at once, so that it stays small.
            foreach (var part in read.Buffer)
                body.Write(part.Span);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return Whole(body);
        }
    }

    // A large body must keep up an average rate, so that slow senders do not keep what others could use.
    private static TimeSpan LeftFor(long received, TimeSpan elapsed)
    {
        var left = LongestStall + TimeSpan.FromSeconds(received / (double)ServiceLimits.LeastBytesPerSecond) - elapsed;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestStall ? left : LongestStall;
    }

    private static byte[] Whole(ArrayBufferWriter<byte> body) =>
        MemoryMarshal.TryGetArray(body.WrittenMemory, out var written) && written.Array!.Length == written.Count
            ? written.Array
            : body.WrittenSpan.ToArray();

    /// <summary>Reads the next bytes of a body of any length, which must keep up an average rate.</summary>
    internal static ValueTask<ReadResult> ReadLarge(HttpContext context, TimeProvider time, long received, long began) =>
        ReadMore(context, time, LeftFor(received, time.GetElapsedTime(began)));

    private static async ValueTask<ReadResult> ReadMore(HttpContext context, TimeProvider time, TimeSpan patience)
    {
        var (reader, aborted) = (context.Request.BodyReader, context.RequestAborted);
        try
        {
            var pending = reader.ReadAsync(aborted);
            if (pending.IsCompleted)
                return await pending;
            using var stall = time.CreateTimer(static state =>
                ((PipeReader)state!).CancelPendingRead(), reader, patience, Timeout.InfiniteTimeSpan);
            var read = await pending;
            if (!read.IsCanceled)
                return read;
            // A cancelled read, like any other, ends only when the reader is advanced.
            reader.AdvanceTo(read.Buffer.End);
            CloseAfterAnswer(context);
            throw new ProblemException(Problems.RequestTimeout());
        }
        catch (IOException fault) when (IsOfFraming(fault) && !aborted.IsCancellationRequested)
        {
            throw Broken();
        }
    }

    private static bool IsOfFraming(IOException fault) =>
        fault is not (BadHttpRequestException or ConnectionResetException);

    // Otherwise Kestrel would wait 5 s for the rest of the body, and then reset the connection.
    private static void CloseAfterAnswer(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol)
            && context.Features.Get<IConnectionTransportFeature>() is { } connection)
            context.Response.OnCompleted(() => connection.Transport.Output.CompleteAsync().AsTask());
    }

    /// <summary>Returns the exception for 400: the body's framing is broken.</summary>
    public static ProblemException Broken() =>
        new(Problems.BadRequest("The body's framing is broken: check Transfer-Encoding, chunk sizes and Content-Length."));

    private static bool IsEncoded(IHeaderDictionary headers) =>
        (headers.ContentEncoding is { Count: > 0 } encodings && encodings != "identity")
        // Kestrel undoes the chunks, and ignores codings before them.
        || (headers.TransferEncoding is { Count: > 0 } codings
            && !string.Equals(codings, "chunked", StringComparison.OrdinalIgnoreCase));

    private static bool IsOf(string? type, string kind) =>
        type == kind
        || (MediaTypeHeaderValue.TryParse(type, out var parsed)
            && parsed.MediaType.Equals(kind, StringComparison.OrdinalIgnoreCase)
            && (!parsed.Charset.HasValue || parsed.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || parsed.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase)));
}
