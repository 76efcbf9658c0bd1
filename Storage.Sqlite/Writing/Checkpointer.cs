using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// Copies the write-ahead log into the database file, on its own thread and connection, so that no commit waits for it.
/// When nearly everything is copied, it pauses the writer for the rest. The log then starts again from its beginning
/// and so stays bounded.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>
    /// A special log length for <see cref="Note"/>: the disk is full, so copy the log and free its space.
    /// </summary>
    internal const int FreeSpace = int.MaxValue;

    private const int HardFactor = 4;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EraseDelay = TimeSpan.FromSeconds(1);
    private readonly string path;
    private readonly int threshold;
    private readonly Action<Action> pauseWriter;
    private readonly object gate = new();
    private readonly Thread thread;
    private int due;
    private int asked;
    private int rounds;

    // Initially true, because the log of a killed process may contain secrets that have been deleted since.
    private bool erase = true;
    private bool closing;

    /// <summary>Starts the checkpoint thread.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="threshold">The log length, in pages, at which the log is copied.</param>
    /// <param name="pauseWriter">Runs an action while the writer is paused.</param>
    internal Checkpointer(string path, int threshold, Action<Action> pauseWriter)
    {
        this.path = path;
        this.threshold = due = threshold;
        this.pauseWriter = pauseWriter;
        thread = new Thread(Loop) { IsBackground = true, Name = "store-checkpoint" };
        thread.Start();
    }

    /// <summary>
    /// Reports the log's length in pages. If the log is four times too long, waits for a copy, at most a second at a
    /// time.
    /// </summary>
    internal void Note(int frames)
    {
        var limit = Volatile.Read(ref due);
        if (frames < limit)
            return;
        lock (gate)
        {
            asked = frames;
            Monitor.PulseAll(gate);
            if (frames / HardFactor < limit)
                return;
            var before = rounds;
            while (rounds == before && !closing && Monitor.Wait(gate, LongestWait))
            {
            }
        }
    }

    /// <summary>
    /// Requests that the log be truncated soon, because it still contains deleted secrets. Requests within a second are
    /// handled together.
    /// </summary>
    internal void Erase()
    {
        lock (gate)
        {
            if (!erase)
                Monitor.PulseAll(gate);
            erase = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            closing = true;
            Monitor.PulseAll(gate);
        }

        thread.Join();
    }

    private void Loop()
    {
        Connection? connection = null;
        while (Await(out var frames, out var erasing))
        {
            var whole = false;
            try
            {
                connection ??= Connection.Open(path, create: false, TimeSpan.Zero);
                whole = Copy(connection, erasing || frames == FreeSpace);
                // If a long read kept the log from starting again, retry only after the log has grown by half the
                // threshold.
                if (whole)
                    Volatile.Write(ref due, threshold);
                else if (frames is > 0 and < FreeSpace)
                    Volatile.Write(ref due, (int)Math.Min(frames + threshold / 2L, FreeSpace - 1));
            }
            catch (SqliteFault)
            {
                // Nothing is lost, since the log still has everything. The next commit asks again, and commits report a
                // full or broken disk.
                connection?.Dispose();
                connection = null;
            }

            lock (gate)
            {
                erase |= erasing && !whole;
                rounds++;
                Monitor.PulseAll(gate);
            }
        }

        connection?.Dispose();
    }

    // The second pass copies what was committed during the first, which leaves little to do while the writer is paused.
    private bool Copy(Connection connection, bool freeSpace)
    {
        connection.Checkpoint(CheckpointMode.Passive);
        connection.Checkpoint(CheckpointMode.Passive);
        var whole = false;
        pauseWriter(() =>
            whole = connection.Checkpoint(freeSpace ? CheckpointMode.Truncate : CheckpointMode.Restart));
        return whole;
    }

    /// <summary>
    /// Waits for a request, or until deleted secrets are due for erasure. Returns false when the store closes.
    /// </summary>
    /// <param name="frames">The log's length if it is too long; otherwise 0.</param>
    /// <param name="erasing">Whether the log may contain deleted secrets.</param>
    private bool Await(out int frames, out bool erasing)
    {
        lock (gate)
        {
            while (asked == 0 && !closing && Monitor.Wait(gate, erase ? EraseDelay : Timeout.InfiniteTimeSpan))
            {
            }

            frames = asked;
            erasing = erase;
            asked = 0;
            erase = false;
            return !closing;
        }
    }
}
