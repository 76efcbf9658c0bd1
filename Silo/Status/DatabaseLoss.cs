namespace OrleansTasks.Silo.Status;

/// <summary>
/// Whether this silo has lost the database while another silo can reach it. It can then store nothing for its workers,
/// so it takes no streams of commands, and workers go to another silo. While no silo reaches the database, none has
/// lost it in this sense, and workers stay. Thread-safe.
/// <code>
///   reaches it --no read for 7.5 s, and another silo reports--> lost
///   lost ------------------a read succeeds-------------------> reaches it
/// </code>
/// </summary>
/// <param name="time">The clock.</param>
public sealed class DatabaseLoss(TimeProvider time)
{
    // Three reads of OrleansSignsOfLife.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7.5);
    private readonly Lock gate = new();
    private long readAt = time.GetTimestamp();
    private volatile bool isLost;

    /// <summary>Raised, on any thread, after <see cref="IsLost"/> has become true.</summary>
    internal event Action? Lost;

    /// <summary>Whether this silo has lost the database and another one has not.</summary>
    public bool IsLost => isLost;

    /// <summary>
    /// Records that another silo reads the database and finds no sign of life of this one. Returns whether this silo
    /// has lost the database and did not know it.
    /// </summary>
    internal bool Report()
    {
        lock (gate)
        {
            // The other silo's report may be late, or it may be the database that is slow.
            if (isLost || time.GetElapsedTime(readAt) < Patience)
                return false;
            isLost = true;
        }

        Lost?.Invoke();
        return true;
    }

    /// <summary>Records that this silo has read the database. Returns whether it had lost it.</summary>
    internal bool Reach()
    {
        lock (gate)
        {
            readAt = time.GetTimestamp();
            var wasLost = isLost;
            isLost = false;
            return wasLost;
        }
    }
}
