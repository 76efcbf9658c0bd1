namespace OrleansTasks.Storage.Sqlite;

/// <summary>Where and how the SQLite store keeps its data.</summary>
public sealed class SqliteStorageOptions
{
    /// <summary>
    /// The data folder: it holds <c>tasks.db</c> and the folder <c>output</c>; made when it is missing.
    /// </summary>
    public string Directory { get; set; } = "./data";

    /// <summary>
    /// Below this many free bytes on the data folder's disk, <see cref="StoreHealth.LowSpace"/> is reported, so that
    /// submissions end before results are at risk: the space below it is the results' reserve. Default 64 MiB; of a
    /// disk below 640 MiB it is never more than a tenth.
    /// </summary>
    public long LowSpaceBytes { get; set; } = ServiceLimits.LowSpaceBytes;

    /// <summary>How long a write waits for another process that is writing, before it fails. Default 5 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The length of the write-ahead log at which it is copied into the database file. Default 32 MiB; never more than
    /// a sixteenth of the disk.
    /// </summary>
    public long CheckpointBytes { get; set; } = 32L << 20;

    /// <summary>
    /// How many commits' events are kept of a queue; older ones go when retention runs. Default 100,000.
    /// </summary>
    public int EventRecordsKept { get; set; } = ServiceLimits.EventCommits;

    /// <summary>
    /// How many of a queue's latest transitions are kept: a commit's events go once all of them are older than
    /// that. Default 2,000,000.
    /// </summary>
    public long TransitionsKept { get; set; } = 2_000_000;

    /// <summary>How many queues may be in use; tasks for another one are refused. Default 2,000.</summary>
    public int MaxQueues { get; set; } = ServiceLimits.MaxQueues;

    /// <summary>How many files of running output are kept open for writing. Default 256.</summary>
    public int OpenOutputFiles { get; set; } = 256;

    internal string DatabasePath => Path.Combine(Directory, "tasks.db");

    internal string OutputPath => Path.Combine(Directory, "output");

    /// <summary>What is wrong with the options, a sentence each; empty when nothing is.</summary>
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
