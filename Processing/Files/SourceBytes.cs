using Microsoft.Win32.SafeHandles;

namespace OrleansTasks.Processing.Files;

/// <summary>
/// Random access to the bytes of a job's file: a local file, or a stored file of which this worker has fetched only
/// parts.
/// </summary>
public abstract class SourceBytes : IDisposable
{
    /// <summary>The size of the file in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>The time of the last write, in UTC ticks; 0 for a file that never changes.</summary>
    public virtual long Modified => 0;

    /// <summary>Returns the bytes of an open file, which it closes when it is disposed.</summary>
    public static SourceBytes Of(SafeFileHandle handle) => new OpenFile(handle);

    /// <summary>Reads bytes from a place on. Returns how many there are, perhaps fewer than asked for; 0 only at the end of the file.</summary>
    /// <exception cref="AbsentBytesException">The worker has not fetched the bytes at this place.</exception>
    public abstract int Read(Span<byte> bytes, long at);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Fills a span from a place on. Returns how many bytes the file has there.</summary>
    internal int Fill(Span<byte> bytes, long at)
    {
        var used = 0;
        while (used < bytes.Length && Read(bytes[used..], at + used) is var read and > 0)
            used += read;
        return used;
    }

    /// <summary>Releases what the bytes need.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class OpenFile(SafeFileHandle handle) : SourceBytes
    {
        public override long Length => RandomAccess.GetLength(handle);

        public override long Modified => File.GetLastWriteTimeUtc(handle).Ticks;

        public override int Read(Span<byte> bytes, long at) => RandomAccess.Read(handle, bytes, at);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                handle.Dispose();
        }
    }
}

/// <summary>
/// Thrown when bytes of a stored file are needed that the worker has not fetched. The caller fetches them and reads
/// again from the start.
/// </summary>
/// <param name="at">The place of the first of them.</param>
/// <param name="count">How many are needed from there on.</param>
public sealed class AbsentBytesException(long at, int count)
    : Exception("These bytes of the file have not been fetched.")
{
    /// <summary>The place of the first byte that is needed.</summary>
    public long At { get; } = at;

    /// <summary>How many bytes are needed.</summary>
    public int Count { get; } = count;
}
