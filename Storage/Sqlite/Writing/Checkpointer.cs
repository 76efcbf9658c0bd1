using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// Copies the write-ahead log into the database file from a thread and a connection of its own, so that no commit waits
/// for it. Once nearly all is copied it holds the writer for the rest, so that the log begins anew and stays bounded.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>As a length of the log: copy it and give its space back, because the disk is full.</summary>
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

    // A log that a killed process left behind may hold secrets that have been deleted since.
    private bool erase = true;
    private bool closing;

    /// <summary>Starts the thread.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="threshold">The length of the log, in pages, from which on it is copied.</param>
    /// <param name="pauseWriter">Runs something while the writer stands still.</param>
    internal Checkpointer(string path, int threshold, Action<Action> pauseWriter)
    {
        this.path = path;
        this.threshold = due = threshold;
        this.pauseWriter = pauseWriter;
        thread = new Thread(Loop) { IsBackground = true, Name = "store-checkpoint" };
        thread.Start();
    }

    /// <summary>Tells how long the log is. Once it is four times too long, the caller waits for a copy of it.</summary>
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
    /// Asks that the log is soon cut to nothing, because deleted secrets are still in it. Many are cut off at once.
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
                // While a long read keeps the log from beginning anew, it is asked again only after it has grown.
                if (whole)
                    Volatile.Write(ref due, threshold);
                else if (frames is > 0 and < FreeSpace)
                    Volatile.Write(ref due, (int)Math.Min(frames + threshold / 2L, FreeSpace - 1));
            }
            catch (SqliteFault)
            {
                // The log keeps all of it; the next commit asks again, and a disk that is full or broken shows in
                // commits.
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

    private bool Copy(Connection connection, bool freeSpace)
    {
        connection.Checkpoint(CheckpointMode.Passive);
        connection.Checkpoint(CheckpointMode.Passive);
        var whole = false;
        pauseWriter(() =>
            whole = connection.Checkpoint(freeSpace ? CheckpointMode.Truncate : CheckpointMode.Restart));
        return whole;
    }

    /// <summary>Waits until it is asked, or until secrets are to be cut off; false at the end.</summary>
    /// <param name="frames">The log's length when it is too long, else 0.</param>
    /// <param name="erasing">Whether deleted secrets may be in the log.</param>
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
