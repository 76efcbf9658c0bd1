using Microsoft.Win32.SafeHandles;

namespace OrleansTasks.Processing.Files;

/// <summary>The bytes of a file of which parts are read.</summary>
public abstract class SourceBytes : IDisposable
{
    /// <summary>The size of the file in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>The time of the last write, in UTC ticks; 0 for a file that never changes.</summary>
    public virtual long Modified => 0;

    /// <summary>Returns the bytes of an open file, which it closes when it is disposed.</summary>
    public static SourceBytes Of(SafeFileHandle handle) => new OpenFile(handle);

    /// <summary>Reads bytes from a place on. Returns how many there are, perhaps fewer than asked for; 0 only at the end of the file.</summary>
    /// <exception cref="AbsentBytesException">The bytes at this place are not here.</exception>
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

/// <summary>Bytes of a file are needed that are not here. Once they are, the reading can begin anew.</summary>
/// <param name="at">The place of the first of them.</param>
/// <param name="count">How many are needed from there on.</param>
public sealed class AbsentBytesException(long at, int count) : Exception("Bytes of the file are not here.")
{
    /// <summary>The place of the first byte that is needed.</summary>
    public long At { get; } = at;

    /// <summary>How many bytes are needed.</summary>
    public int Count { get; } = count;
}
