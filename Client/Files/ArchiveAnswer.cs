using System.Buffers;

namespace OrleansTasks.Client.Files;

/// <summary>
/// A stream whose bytes are sent as an answer. Bytes from a synchronous write, such as the header of an entry, wait for
/// the next asynchronous write or flush.
/// </summary>
/// <param name="write">Sends bytes.</param>
internal sealed class ArchiveAnswer(Func<ReadOnlyMemory<byte>, ValueTask> write) : Stream
{
    private const int MostWaiting = 1 << 20;
    private readonly ArrayBufferWriter<byte> waiting = new();

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken);
        await write(buffer);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (waiting.WrittenCount == 0)
            return;
        await write(waiting.WrittenMemory);
        waiting.ResetWrittenCount();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (waiting.WrittenCount + buffer.Length > MostWaiting)
            throw new NotSupportedException("Answers are sent without blocking.");
        waiting.Write(buffer);
    }
}
