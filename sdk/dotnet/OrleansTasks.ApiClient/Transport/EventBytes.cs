using System.Text;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>
/// The bytes of an event stream. Throws <see cref="IOException"/> if an event never ends, because its reader keeps all of it.
/// </summary>
/// <param name="inner">The stream; disposed with this one.</param>
internal sealed class EventBytes(Stream inner) : Stream
{
    /// <summary>The most bytes of one event: several times the largest of a gateway.</summary>
    internal const int Largest = 16 << 20;

    private int length;
    private bool isLineEmpty = true;

    // The lines that belong to the current event; null once an event has had data.
    private List<byte>? head = [];

    /// <summary>
    /// The position that the stream names before its first event, as an id without data, which
    /// <see cref="System.Net.ServerSentEvents.SseParser"/> skips. Null until it has arrived, and if there is none.
    /// </summary>
    internal string? Start { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count(buffer.Span[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Count(buffer.AsSpan(offset, read));
        return read;
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    // An empty line ends an event.
    private void Count(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            length += end + 1;
            head?.AddRange(bytes[..(end + 1)]);
            if (isLineEmpty && bytes[..end].Trim((byte)'\r').IsEmpty)
            {
                length = 0;
                ReadStart();
            }

            isLineEmpty = true;
            bytes = bytes[(end + 1)..];
        }

        length += bytes.Length;
        head?.AddRange(bytes);
        isLineEmpty &= bytes.Trim((byte)'\r').IsEmpty;
        if (length > Largest)
            throw new IOException($"an event has more than {Largest >> 20} MiB.");
    }

    private void ReadStart()
    {
        if (head is null)
            return;
        string? id = null;
        foreach (var line in Encoding.UTF8.GetString(head.ToArray()).Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line == "data" || line.StartsWith("data:", StringComparison.Ordinal))
            {
                head = null;
                return;
            }

            if (line.StartsWith("id:", StringComparison.Ordinal))
                id = line["id:".Length..].TrimStart();
        }

        Start = id ?? Start;
        head.Clear();
    }
}
