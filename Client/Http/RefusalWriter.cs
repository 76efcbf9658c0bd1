using System.Buffers.Text;
using System.IO.Pipelines;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Passes a connection's bytes on. If Kestrel itself sends a response head with an error status and no content, it adds
/// a problem as the body. While the application answers a request, all bytes pass unchanged, because the bytes of a
/// response body can look like such a head.
/// </summary>
/// <param name="inner">The connection.</param>
internal sealed class RefusalWriter(PipeWriter inner) : PipeWriter
{
    private static ReadOnlySpan<byte> Version => "HTTP/1.1 "u8;

    private static ReadOnlySpan<byte> NoContent => "\r\nContent-Length: 0\r\n"u8;

    // Bytes; ample for Kestrel's head with a problem.
    private const int RefusalRoom = 2048;

    private Memory<byte> leased;
    private volatile bool isApplications;

    /// <summary>
    /// Called when the application begins to answer a request: from now on, all bytes pass unchanged.
    /// </summary>
    public void LeaveToApplication() => isApplications = true;

    /// <summary>
    /// Called when the application's answer is sent: whatever Kestrel sends before the next request is its own.
    /// </summary>
    public Task TakeBack()
    {
        isApplications = false;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => inner.UnflushedBytes;

    /// <inheritdoc/>
    /// <remarks>
    /// For Kestrel's own responses, requests enough room for a problem, however full the pipe's current segment is.
    /// </remarks>
    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        leased = inner.GetMemory(isApplications ? sizeHint : Math.Max(sizeHint, RefusalRoom));

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        var head = isApplications ? [] : leased.Span[..Math.Min(bytes, leased.Length)];
        if (head.StartsWith(Version) && head.Length > Version.Length && head[Version.Length] is (byte)'4' or (byte)'5')
            bytes = AddBody(leased.Span, bytes);
        leased = default;
        inner.Advance(bytes);
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken = default) =>
        inner.WriteAsync(source, cancellationToken);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private static int AddBody(Span<byte> memory, int length)
    {
        var head = memory[..length];
        var at = head.IndexOf(NoContent);
        if (at < 0 || !head.EndsWith("\r\n\r\n"u8)
            || !Utf8Parser.TryParse(head[Version.Length..], out int status, out _))
            return length;
        var body = ProblemWriter.BodyOf(ProblemOf(status));
        var fields = System.Text.Encoding.ASCII.GetBytes(
            $"\r\nContent-Length: {body.Length}\r\nContent-Type: application/problem+json\r\n");
        var rest = head[(at + NoContent.Length)..].ToArray();
        var whole = at + fields.Length + rest.Length + body.Length;
        if (whole > memory.Length)
            return length;
        fields.CopyTo(memory[at..]);
        rest.CopyTo(memory[(at + fields.Length)..]);
        body.CopyTo(memory[(at + fields.Length + rest.Length)..]);
        return whole;
    }

    private static Problem ProblemOf(int status) => status switch
    {
        408 => Problems.RequestTimeout(),
        413 => Problems.BodyTooLarge(RequestBody.LargestBatch),
        _ => Problems.BadRequest("The server could not read the request; check its request line, headers and framing.") with { Status = status },
    };
}
