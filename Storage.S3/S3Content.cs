namespace OrleansTasks.Storage.S3;

/// <summary>
/// The bytes of an object. If the connection breaks or falls silent, as servers end one whose reader is slow, the
/// reading goes on with
/// another connection from the same byte, because the bytes of an object never change.
/// </summary>
/// <param name="open">Opens the object at an offset; null if it is gone.</param>
/// <param name="first">The object, opened.</param>
/// <param name="offset">Where it was opened.</param>
/// <param name="time">The clock.</param>
internal sealed class S3Content(Func<long, Task<Stream?>> open, Stream first, long offset, TimeProvider time)
    : ForwardStream
{
    private const int TriesWithoutBytes = 3;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);
    private Stream? source = first;
    private long at = offset;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                source ??= await open(at).ConfigureAwait(false)
                    ?? throw new FileNotFoundException("The file was removed while it was being read.");
                var count = await Read(source, buffer, cancellationToken).ConfigureAwait(false);
                at += count;
                return count;
            }
            catch (Exception broken) when (IsBroken(broken, cancellationToken))
            {
                await CloseSource().ConfigureAwait(false);
                if (tries == TriesWithoutBytes || broken is FileNotFoundException)
                    throw new IOException("The file cannot be read further.", broken);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CloseSource().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source?.Dispose();
        base.Dispose(disposing);
    }

    private static bool IsBroken(Exception failure, CancellationToken cancellation) =>
        S3Faults.IsFault(failure) || failure is StoreUnavailableException
        || (failure is OperationCanceledException && !cancellation.IsCancellationRequested);

    private async ValueTask<int> Read(Stream from, Memory<byte> buffer, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Silence, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        return await from.ReadAsync(buffer, both.Token).ConfigureAwait(false);
    }

    private async ValueTask CloseSource()
    {
        var closed = source;
        source = null;
        if (closed is not null)
            await closed.DisposeAsync().ConfigureAwait(false);
    }
}
