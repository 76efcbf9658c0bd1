using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// Runs jobs in one transaction on the write connection and tells each what became of it. Used by the writer's thread
/// alone.
/// </summary>
/// <remarks>
/// Before COMMIT every failure is definite: the transaction is undone. A full disk and a busy database are definite in
/// COMMIT too. Any other failure of COMMIT leaves it open whether the log's last frame counts: the connection is
/// closed, so that a new one reads what the file says.
/// </remarks>
internal sealed class Transaction(string path, TimeSpan busyTimeout, Func<bool> tryRelease) : IDisposable
{
    private readonly List<(WriteJob Job, bool Done, SqliteFault? Constraint)> results = [];
    private Connection? connection;
    private volatile bool failing;

    /// <summary>Whether the last transaction failed.</summary>
    internal bool Failing => failing;

    /// <summary>Whether the last transaction failed because the disk is full.</summary>
    internal bool DiskFull { get; private set; }

    /// <summary>The WAL's length in pages after the last commit.</summary>
    internal int WalFrames => connection?.WalFrames ?? 0;

    /// <summary>Whether secrets were deleted since the last call.</summary>
    internal bool TakeErasedSecrets()
    {
        if (connection is not { ErasedSecrets: true })
            return false;
        connection.ErasedSecrets = false;
        return true;
    }

    /// <summary>
    /// Runs the jobs. When a merged transaction fails, each job gets one of its own, until one has waited in vain for
    /// another process: the rest then fails with it, as each would wait as long.
    /// </summary>
    internal void Run(IReadOnlyList<WriteJob> jobs)
    {
        if (RunOnce(jobs) is not { } failure)
            return;
        var isMerged = jobs.Count > 1;
        foreach (var job in jobs)
        {
            var own = isMerged && failure.Kind != ResultCode.Busy ? RunOnce([job]) : failure;
            if (own is { Kind: ResultCode.Full } && job.MayUseReserve)
                own = RunOnFullDisk(job);
            if (own is not { } final)
                continue;
            job.Failed(final.Detail);
            if (final.Kind == ResultCode.Busy)
                failure = final;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    /// <summary>Runs a job that the full disk has refused, with the log's room, and then step by step with the reserve's.</summary>
    private Failure? RunOnFullDisk(WriteJob job)
    {
        Failure? failure;
        do
        {
            try
            {
                connection?.Checkpoint(CheckpointMode.Truncate);
            }
            catch (SqliteFault)
            {
                // The log stays as it is.
            }

            failure = RunOnce([job]);
        }
        while (failure is { Kind: ResultCode.Full } && tryRelease());
        return failure;
    }

    /// <summary>
    /// Runs the jobs in one transaction; what went wrong, when nothing was written and no job was told.
    /// </summary>
    private Failure? RunOnce(IReadOnlyList<WriteJob> jobs)
    {
        results.Clear();
        try
        {
            connection ??= Open();
            connection.Get("BEGIN IMMEDIATE").Run();
            foreach (var job in jobs)
                results.Add(RunJob(connection, job, alone: jobs.Count == 1));
        }
        catch (SqliteFault fault)
        {
            return Undo(fault.Kind, fault.Detail);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A job that cannot be written must not end the thread that writes all the others.
            return Undo(ResultCode.Constraint, $"The write could not be made: {e.Message}");
        }

        return Commit(connection);
    }

    private static (WriteJob Job, bool Done, SqliteFault? Constraint) RunJob(
        Connection connection, WriteJob job, bool alone)
    {
        if (!alone)
            connection.Get("SAVEPOINT job").Run();
        SqliteFault? constraint = null;
        var done = false;
        try
        {
            done = job.Execute(connection);
        }
        catch (SqliteFault fault) when (
            fault.Kind is ResultCode.Constraint or ResultCode.TooBig or ResultCode.Mismatch && connection.InTransaction)
        {
            constraint = fault;
        }

        if (!done)
            connection.Get(alone ? "ROLLBACK" : "ROLLBACK TO job").Run();
        if (!alone)
            connection.Get("RELEASE job").Run();
        return (job, done, constraint);
    }

    private Failure? Commit(Connection open)
    {
        try
        {
            if (open.InTransaction)
                open.Get("COMMIT").Run();
        }
        catch (SqliteFault fault) when (fault.Kind is ResultCode.Full or ResultCode.Busy)
        {
            return Undo(fault.Kind, fault.Detail);
        }
        catch (SqliteFault fault)
        {
            failing = true;
            Close();
            foreach (var (job, done, constraint) in results)
            {
                if (done)
                    job.Unknown(fault.Detail);
                else
                    job.Refused(constraint);
            }

            return null;
        }

        failing = DiskFull = false;
        foreach (var (job, done, constraint) in results)
        {
            if (done)
                job.Committed();
            else
                job.Refused(constraint);
        }

        return null;
    }

    private Failure Undo(int kind, string detail)
    {
        failing = true;
        DiskFull = kind == ResultCode.Full;
        try
        {
            if (connection is { InTransaction: true })
                connection.Get("ROLLBACK").Run();
            if (kind is not (ResultCode.Full or ResultCode.Busy or ResultCode.Constraint))
                Close();
        }
        catch (SqliteFault)
        {
            Close();
        }

        return new Failure(kind, detail);
    }

    /// <summary>
    /// Opens the connection. What an earlier one left in the log goes to the database file first, so that it is durable
    /// on its own and not by a log whose writing failed.
    /// </summary>
    private Connection Open()
    {
        var opened = WriteConnection.Open(path, busyTimeout);
        try
        {
            if (failing)
                opened.Checkpoint(CheckpointMode.Passive);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private void Close()
    {
        connection?.Dispose();
        connection = null;
    }

    /// <summary>Why a transaction was undone.</summary>
    /// <param name="Kind">SQLite's primary result code.</param>
    /// <param name="Detail">What people read.</param>
    private readonly record struct Failure(int Kind, string Detail);
}
