namespace OrleansTasks.Storage.Sqlite;

/// <summary>Options of the SQLite store.</summary>
public sealed class SqliteStorageOptions
{
    /// <summary>The data folder, with <c>tasks.db</c> and the folders <c>output</c> and <c>files</c>. Created if it is missing.</summary>
    public string Directory { get; set; } = "./data";

    /// <summary>
    /// The number of free bytes on the data folder's disk below which <see cref="StoreHealth.LowSpace"/> is reported.
    /// Submissions stop then, which leaves the rest of the space to results. Default 64 MiB; at most a tenth of the
    /// disk, which matters below 640 MiB.
    /// </summary>
    public long LowSpaceBytes { get; set; } = ServiceLimits.LowSpaceBytes;

    /// <summary>How long a write waits for another writing process before it fails. Default 5 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The length of the write-ahead log, in bytes, at which it is copied into the database file. Default 32 MiB; at
    /// most a sixteenth of the disk.
    /// </summary>
    public long CheckpointBytes { get; set; } = 32L << 20;

    /// <summary>
    /// The number of commits for which a queue's events are kept. Retention removes older ones. Default 100,000.
    /// </summary>
    public int EventRecordsKept { get; set; } = ServiceLimits.EventCommits;

    /// <summary>
    /// The number of latest transitions that are kept for a queue. A commit's events are removed when all of them are
    /// older. Default 2,000,000.
    /// </summary>
    public long TransitionsKept { get; set; } = 2_000_000;

    /// <summary>The maximum number of queues in use. Tasks for further queues are refused. Default 2,000.</summary>
    public int MaxQueues { get; set; } = ServiceLimits.MaxQueues;

    /// <summary>The maximum number of output files kept open for writing. Default 256.</summary>
    public int OpenOutputFiles { get; set; } = 256;

    internal string DatabasePath => Path.Combine(Directory, "tasks.db");

    internal string FilesPath => Path.Combine(Directory, "files");

    internal string OutputPath => Path.Combine(Directory, "output");

    /// <summary>Returns what is wrong with the options, one sentence each; empty if nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(Directory))
            problems.Add($"{nameof(Directory)} must name a folder.");
        if (LowSpaceBytes < 0)
            problems.Add($"{nameof(LowSpaceBytes)} must not be negative.");
        if (BusyTimeout < TimeSpan.Zero || BusyTimeout > TimeSpan.FromMinutes(1))
            problems.Add($"{nameof(BusyTimeout)} must be from 0 to 1 minute.");
        if (CheckpointBytes < 1 << 20)
            problems.Add($"{nameof(CheckpointBytes)} must be at least 1 MiB.");
        if (EventRecordsKept < 1)
            problems.Add($"{nameof(EventRecordsKept)} must be at least 1.");
        if (TransitionsKept < 1)
            problems.Add($"{nameof(TransitionsKept)} must be at least 1.");
        if (MaxQueues < 1)
            problems.Add($"{nameof(MaxQueues)} must be at least 1.");
        if (OpenOutputFiles < 1)
            problems.Add($"{nameof(OpenOutputFiles)} must be at least 1.");
        return problems;
    }
}
