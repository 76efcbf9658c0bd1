using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// An output file that is open for appending. Appends continue while a sync runs. Syncs wait for one another, because
/// the system reports a write error to a descriptor only once. After a failed sync, the system treats the unwritten
/// bytes as written; so the file is truncated to what an earlier sync covered, and the rest must be appended again.
/// </summary>
/// <param name="open">Opens the file in the given mode.</param>
/// <param name="flush">Flushes the file to the disk.</param>
/// <param name="isOurs">
/// Whether this process has synced all that is in the file. If not, the offset of the first piece appended shows how
/// much was acknowledged; bytes beyond it are cut off, because they may never have reached the disk.
/// </param>
internal sealed class OutputFile(Func<FileMode, FileStream> open, Action<SafeHandle> flush, bool isOurs) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Lock syncing = new();
    private FileStream? stream;
    private bool known = isOurs;
    private volatile bool named;
    private long length;
    private long durable;

    /// <summary>The number of current users; guarded by <see cref="OutputFileCache"/>.</summary>
    internal int Users { get; set; }

    /// <summary>
    /// Whether the file was removed from the cache, so that its last user closes it; guarded by the cache.
    /// </summary>
    internal bool Detached { get; set; }

    /// <summary>
    /// Whether the folders that lead to the file have been synced since it was opened, which makes its name durable.
    /// </summary>
    internal bool IsNamed
    {
        get => named;
        set => named = value;
    }

    /// <summary>Whether every byte has been synced.</summary>
    internal bool IsSynced
    {
        get
        {
            lock (gate)
                return length == durable;
        }
    }

    /// <summary>Whether this process has synced all that is in the file, or will.</summary>
    internal bool IsOurs
    {
        get
        {
            lock (gate)
                return known && stream is not null;
        }
    }

    /// <summary>Opens the file, and assumes that its present content is durable.</summary>
    internal OutputFile Open(FileMode mode)
    {
        stream = open(mode);
        length = durable = stream.Length;
        known |= length == 0;
        return this;
    }

    /// <summary>
    /// Writes the bytes that lie beyond the end of the file. Throws <see cref="ArgumentOutOfRangeException"/> on a gap.
    /// </summary>
    internal void Append(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            var file = Whole();
            if (offset > length)
                throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The stream has {length} bytes so far.");
            if (!known && !bytes.IsEmpty)
            {
                file.SetLength(offset);
                (length, durable, known) = (offset, offset, true);
            }

            var there = length - offset;
            if (there >= bytes.Length)
                return;
            try
            {
                RandomAccess.Write(file.SafeFileHandle, bytes[(int)there..], length);
                length = offset + bytes.Length;
            }
            catch
            {
                // A full disk may have taken a part. That part is correct, and a repeated call continues after it.
                length = RandomAccess.GetLength(file.SafeFileHandle);
                throw;
            }
        }
    }

    /// <summary>
    /// Flushes the bytes to the disk. Throws <see cref="IOException"/> if the disk refuses, and if the file has fewer
    /// than
    /// <paramref name="atLeast"/> bytes, because a sync failed after they were appended.
    /// </summary>
    internal void Sync(long atLeast)
    {
        lock (syncing)
        {
            FileStream file;
            long covered;
            bool began;
            lock (gate)
            {
                // Appends continue during the flush: only bytes written before it count as durable.
                (file, covered, began) = (Whole(), length, known);
                if (atLeast > (known ? length : 0))
                    throw new IOException("A failed sync lost the appended data.");
            }

            try
            {
                flush(file.SafeFileHandle);
            }
            catch
            {
                lock (gate)
                    Cut();
                throw;
            }

            lock (gate)
                durable = began ? covered : durable;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream?.Dispose();

    private FileStream Whole()
    {
        if (stream is not null)
            return stream;
        // A failed sync closed the file. Reopened, it is truncated to what is durable.
        var anew = open(FileMode.Open);
        try
        {
            anew.SetLength(durable);
        }
        catch
        {
            anew.Dispose();
            throw;
        }

        return stream = anew;
    }

    private void Cut()
    {
        stream?.Dispose();
        stream = null;
        length = durable;
        try
        {
            Whole();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next use tries again.
        }
    }
}
