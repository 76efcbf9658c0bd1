using Microsoft.Win32.SafeHandles;

namespace OrleansTasks.Storage.Files;

/// <summary>An output file that is open for appending. Calls on one file wait for one another.</summary>
internal sealed class OutputFile(FileStream stream) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SafeFileHandle handle = stream.SafeFileHandle;
    private long length = stream.Length;

    /// <summary>How many use it now; guarded by <see cref="OutputFileCache"/>.</summary>
    internal int Users { get; set; }

    /// <summary>Whether it has left the cache, so that its last user closes it; guarded by the cache.</summary>
    internal bool Detached { get; set; }

    /// <summary>
    /// Writes what of the bytes is beyond the end. Throws <see cref="ArgumentOutOfRangeException"/> at a gap.
    /// </summary>
    internal void Append(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (offset > length)
                throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The stream has {length} bytes so far.");
            var known = length - offset;
            if (known >= bytes.Length)
                return;
            try
            {
                RandomAccess.Write(handle, bytes[(int)known..], length);
                length = offset + bytes.Length;
            }
            catch
            {
                // A full disk may have taken a part: what is there is right, and a repeat goes on from it.
                length = RandomAccess.GetLength(handle);
                throw;
            }
        }
    }

    /// <summary>Waits until the bytes are on disk.</summary>
    internal void Sync() => RandomAccess.FlushToDisk(handle);

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
