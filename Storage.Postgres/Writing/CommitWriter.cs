using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Writes groups of commits on its own connection, and reports to each commit what became of it. Used by one loop.
/// </summary>
/// <remarks>
/// A group is one transaction. Its outcome is one of these:
/// <code>
/// answered            each commit is Committed or, if its fence did not match, Fenced
/// error, definite     all is rolled back; if one commit may be the cause, each is written again by itself
/// error, indefinite   no answer, or a server going away: all are Unknown, and the connection is closed
/// warning             the server stopped waiting for a standby, and a fail-over could lose the commit: all are Unknown
/// </code>
/// After two single commits in a row have failed for reasons that are not their own, or have no outcome, the rest of the
/// group fails without being sent, because each may have waited as long as the server allows.
/// </remarks>
internal sealed class CommitWriter(NpgsqlDataSource source, PostgresStorageOptions options, WriteHealth health) : IAsyncDisposable
{
    private static readonly CommitResult Fenced =
        new(CommitOutcome.Fenced, "Another activation has taken over this queue.");

    private static readonly CommitResult NotSent =
        new(CommitOutcome.Failed, "Not sent, because the outcome of the commit before it is unknown.");

    private NpgsqlConnection? connection;
    // WriteHealth.Breaks when the connection opened. If another connection has broken since, this one may be dead, too.
    private int openedAt;
    private volatile bool warned;
    private bool isOutcomeUnknown;

    /// <summary>Writes a group and completes all of its commits. Never throws.</summary>
    internal async Task Write(IReadOnlyList<PendingCommit> group)
    {
        if (await WriteOnce(group).ConfigureAwait(false) is not { } failure)
            return;
        // A lone commit is repeated only after a deadlock, in which it may merely have been the victim.
        var again = group.Count > 1 ? failure.MayBeDueToOne : failure.IsDeadlock;
        var inARow = 0;
        var rest = failure.Result;
        foreach (var pending in group)
        {
            if (!again || inARow == 2)
            {
                pending.End(rest);
                continue;
            }

            var own = await WriteOnce([pending]).ConfigureAwait(false);
            if (own is { } final)
                pending.End(final.Result);
            inARow = isOutcomeUnknown || own is { IsPermanent: false } ? inARow + 1 : 0;
            rest = isOutcomeUnknown ? NotSent : own?.Result ?? rest;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Close().ConfigureAwait(false);

    /// <summary>
    /// Writes a group in one transaction. Returns null if every commit has its result, or the failure if nothing was
    /// written and no commit has one.
    /// </summary>
    private async Task<Failure?> WriteOnce(IReadOnlyList<PendingCommit> group)
    {
        HashSet<int> landed;
        isOutcomeUnknown = false;
        List<Query> statements;
        try
        {
            statements = CommitBatch.Statements(group);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A row that cannot be encoded: nothing is sent, and the same rows would fail again.
            return new Failure(fault, WasSent: false) { IsUnwritable = true };
        }

        try
        {
            if (openedAt != health.Breaks)
                await Close().ConfigureAwait(false);
            var open = connection ??= await Open().ConfigureAwait(false);
            warned = false;
            landed = await Send(open, statements).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            var failure = new Failure(fault, WasSent: connection is not null);
            health.Failed(fault);
            if (fault is not PostgresException || !failure.IsDefinite)
                await Close().ConfigureAwait(false);
            if (failure.IsDefinite)
                return failure;
            EndUnknown(group, Failures.Detail(fault));
            return null;
        }

        if (warned)
        {
            EndUnknown(group, "PostgreSQL warned that the commit may not be on its standby.");
            return null;
        }

        health.Succeeded();
        foreach (var pending in group)
            pending.End(landed.Contains(pending.Commit.QueueNo) ? CommitResult.Committed : Fenced);
        return null;
    }

    private async Task<HashSet<int>> Send(NpgsqlConnection open, List<Query> statements)
    {
        await using var batch = new NpgsqlBatch(open) { Timeout = (int)options.StatementTimeout.TotalSeconds + 2 };
        foreach (var query in statements)
        {
            var command = new NpgsqlBatchCommand(query.Text);
            foreach (var parameter in query.Parameters)
                command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
        }

        // Not cancellable: cancelling the wait for the answer would leave the outcome unknown.
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        // The first result is that of LockQueues, the second that of Fence. The others are read for their errors.
        await reader.NextResultAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        HashSet<int> landed = [.. await reader.GetFieldValueAsync<int[]>(0).ConfigureAwait(false)];
        while (await reader.NextResultAsync().ConfigureAwait(false))
        {
        }

        return landed;
    }

    private async Task<NpgsqlConnection> Open()
    {
        openedAt = health.Breaks;
        var opened = await source.OpenConnectionAsync().ConfigureAwait(false);
        opened.Notice += (_, notice) => warned |= notice.Notice.InvariantSeverity == "WARNING";
        return opened;
    }

    private async Task Close()
    {
        if (connection is null)
            return;
        var closed = connection;
        connection = null;
        try
        {
            await closed.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (Failures.IsDatabase(fault))
        {
            // The connection was already broken.
        }
    }

    private void EndUnknown(IReadOnlyList<PendingCommit> group, string detail)
    {
        isOutcomeUnknown = true;
        foreach (var pending in group)
            pending.End(new CommitResult(CommitOutcome.Unknown, detail));
    }

    /// <summary>
    /// Why a group was rolled back. <c>WasSent</c> is false if no connection could be opened, or the statements not be
    /// built.
    /// </summary>
    private readonly record struct Failure(Exception Fault, bool WasSent)
    {
        /// <summary>Whether the statements could not even be built.</summary>
        internal bool IsUnwritable { get; init; }

        /// <summary>Whether it is certain that nothing was written.</summary>
        internal bool IsDefinite => !WasSent || Failures.IsDefinite(Fault);

        /// <summary>Whether repeating the same write can never succeed.</summary>
        internal bool IsPermanent => IsUnwritable || Failures.IsPermanent(Fault);

        /// <summary>
        /// Whether writing each commit by itself may help: one is invalid, met another's lock, or took too long.
        /// </summary>
        internal bool MayBeDueToOne => IsUnwritable || (WasSent && (IsPermanent || Fault is PostgresException
        {
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled,
        }));

        /// <summary>
        /// Whether the server ended this transaction to resolve a deadlock, which retention can cause.
        /// </summary>
        internal bool IsDeadlock => Fault is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };

        internal CommitResult Result => IsPermanent
            ? new CommitResult(
                CommitOutcome.Refused, IsUnwritable ? $"The write failed: {Fault.Message}" : Failures.Detail(Fault))
            : new CommitResult(CommitOutcome.Failed, Failures.Detail(Fault));
    }
}
