using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// An output file that is open for appending. Appending goes on while a sync runs; syncs wait for one another, because the system
/// tells a descriptor of a failure once. After a failed sync the system counts the bytes it could not write as written, so the
/// file is cut to what an earlier sync covered, and the rest must be appended again.
/// </summary>
/// <param name="open">Opens the file.</param>
/// <param name="flush">Waits until the disk has what was written.</param>
/// <param name="isOurs">
/// Whether all that is in the file was synced by this process. If not, the first piece appended says where what was acknowledged
/// ends: what is there beyond is cut off, because nobody knows that it is on disk.
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

    /// <summary>How many use it now; guarded by <see cref="OutputFileCache"/>.</summary>
    internal int Users { get; set; }

    /// <summary>Whether it has left the cache, so that its last user closes it; guarded by the cache.</summary>
    internal bool Detached { get; set; }

    /// <summary>Whether the folders that lead to it have been synced since it was opened: a crash does not lose its name.</summary>
    internal bool IsNamed
    {
        get => named;
        set => named = value;
    }

    /// <summary>Whether no byte waits for a sync.</summary>
    internal bool IsSynced
    {
        get
        {
            lock (gate)
                return length == durable;
        }
    }

    /// <summary>Whether all that is in the file was synced by this process, or waits for it.</summary>
    internal bool IsOurs
    {
        get
        {
            lock (gate)
                return known && stream is not null;
        }
    }

    /// <summary>Opens it, and takes what is there for durable.</summary>
    internal OutputFile Open(FileMode mode)
    {
        stream = open(mode);
        length = durable = stream.Length;
        known |= length == 0;
        return this;
    }

    /// <summary>
    /// Writes what of the bytes is beyond the end. Throws <see cref="ArgumentOutOfRangeException"/> at a gap.
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
                // A full disk may have taken a part: what is there is right, and a repeat goes on from it.
                length = RandomAccess.GetLength(file.SafeFileHandle);
                throw;
            }
        }
    }

    /// <summary>
    /// Waits until the bytes are on disk. Throws <see cref="IOException"/> when the disk refuses, and when there are fewer than
    /// <paramref name="atLeast"/>, because an earlier sync has failed since they were appended.
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
                (file, covered, began) = (Whole(), length, known);
                if (atLeast > (known ? length : 0))
                    throw new IOException("What was appended was lost by a failed sync.");
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
            // Whoever uses it next tries again.
        }
    }
}
