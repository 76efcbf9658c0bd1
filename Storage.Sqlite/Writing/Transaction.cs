using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// Runs jobs in one transaction on the write connection and reports to each what became of it. Only the writer uses it.
/// </summary>
/// <remarks>
/// Failures before COMMIT are definite: the transaction was rolled back. In COMMIT, a full disk and a busy database are
/// definite as well. After any other failure of COMMIT, it is unknown whether the last frame in the log counts; the
/// connection is closed, so that a new one reads what the file says.
/// </remarks>
internal sealed class Transaction(string path, TimeSpan busyTimeout, Func<bool> tryRelease) : IDisposable
{
    private readonly List<(WriteJob Job, bool Done, SqliteFault? Constraint)> results = [];
    private Connection? connection;
    private volatile bool failing, isDamaged;

    internal bool Failing => failing;

    /// <summary>Whether a write has met a damaged page.</summary>
    internal bool IsDamaged => isDamaged;

    /// <summary>Whether the last transaction failed because the disk is full.</summary>
    internal bool DiskFull { get; private set; }

    /// <summary>The WAL's length in pages after the last commit.</summary>
    internal int WalFrames => connection?.WalFrames ?? 0;

    /// <summary>Returns whether secrets were deleted since the last call.</summary>
    internal bool TakeErasedSecrets()
    {
        if (connection is not { ErasedSecrets: true })
            return false;
        connection.ErasedSecrets = false;
        return true;
    }

    /// <summary>
    /// Runs the jobs. If a transaction of several jobs fails, each job gets a transaction of its own. If one of these
    /// times out waiting for another process, the remaining jobs fail as well, since each would wait as long.
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

    /// <summary>
    /// Runs a job that the full disk refused, with space freed from the log, and then from the reserve, step by step.
    /// </summary>
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
                // The log keeps its size.
            }

            failure = RunOnce([job]);
        }
        while (failure is { Kind: ResultCode.Full } && tryRelease());
        return failure;
    }

    /// <summary>
    /// Runs the jobs in one transaction. Returns null if every job has its answer, or the failure if nothing was
    /// written and no job has one.
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

        return Commit(connection);
    }

    private static (WriteJob Job, bool Done, SqliteFault? Constraint) RunJob(
        Connection connection, WriteJob job, bool alone)
    {
        if (!alone)
            // Lets a refused job be undone without the others.
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
        catch (Exception e) when (e is not (SqliteFault or OutOfMemoryException))
        {
            // A job that throws must not end the thread that writes all others, and would throw again.
            constraint = new SqliteFault(ResultCode.Constraint, $"The write failed: {e.Message}");
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
            // A refused job that ran alone has already rolled back.
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
            isDamaged |= fault.IsDamage;
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
        isDamaged |= SqliteFault.IsDamageKind(kind);
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
    /// Opens the connection. After a failure, first copies the log into the database file, so that earlier commits do
    /// not depend on a log whose write failed.
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

    /// <summary>Why a transaction was rolled back.</summary>
    /// <param name="Kind">SQLite's primary result code.</param>
    /// <param name="Detail">The human-readable reason.</param>
    private readonly record struct Failure(int Kind, string Detail);
}
