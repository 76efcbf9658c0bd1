using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Writes groups of commits over a connection of its own, and tells each commit what became of it. Used by one loop alone.
/// </summary>
/// <remarks>
/// A group is one transaction. What the server reports as an error has undone all of it; if that can be due to one commit, each
/// is then written by itself. Once two in a row fail for a reason that is not their own, the rest of the group ends with it, too:
/// each may have waited as long as the server allows. When the answer does not come, or comes from a server that is going away, nobody can say
/// whether the transaction was written: the connection is closed, and the outcome of all commits is unknown. The same holds when
/// the server warns: it does so when it gives up waiting for a standby, and then the transaction could be lost with it.
/// </remarks>
internal sealed class CommitWriter(NpgsqlDataSource source, PostgresStorageOptions options, WriteHealth health) : IAsyncDisposable
{
    private static readonly CommitResult Fenced =
        new(CommitOutcome.Fenced, "Another activation has taken this queue over.");

    private NpgsqlConnection? connection;
    private int openedAt;
    private volatile bool warned;

    /// <summary>Writes a group and ends all of its commits; never throws.</summary>
    internal async Task Write(IReadOnlyList<PendingCommit> group)
    {
        if (await WriteOnce(group).ConfigureAwait(false) is not { } failure)
            return;
        var again = group.Count > 1 ? failure.MayBeDueToOne : failure.IsDeadlock;
        var inARow = 0;
        foreach (var pending in group)
        {
            var own = again && inARow < 2 ? await WriteOnce([pending]).ConfigureAwait(false) : failure;
            inARow = own is { IsPermanent: false } ? inARow + 1 : 0;
            if (own is not { } final)
                continue;
            failure = final;
            pending.End(final.Result);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Close().ConfigureAwait(false);

    /// <summary>Writes a group in one transaction; what went wrong, when nothing was written and no commit was told.</summary>
    private async Task<Failure?> WriteOnce(IReadOnlyList<PendingCommit> group)
    {
        HashSet<int> landed;
        try
        {
            if (openedAt != health.Breaks)
                await Close().ConfigureAwait(false);
            var open = connection ??= await Open().ConfigureAwait(false);
            warned = false;
            landed = await Send(open, group).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            var failure = new Failure(fault, WasSent: connection is not null);
            health.Failed(fault);
            if (fault is not PostgresException || !failure.IsDefinite)
                await Close().ConfigureAwait(false);
            if (failure.IsDefinite)
                return failure;
            End(group, new CommitResult(CommitOutcome.Unknown, Failures.Detail(fault)));
            return null;
        }

        if (warned)
        {
            End(group, new CommitResult(CommitOutcome.Unknown, "PostgreSQL warned that the commit may not be on its standby."));
            return null;
        }

        health.Succeeded();
        foreach (var pending in group)
            pending.End(landed.Contains(pending.Commit.QueueNo) ? CommitResult.Committed : Fenced);
        return null;
    }

    private async Task<HashSet<int>> Send(NpgsqlConnection open, IReadOnlyList<PendingCommit> group)
    {
        await using var batch = new NpgsqlBatch(open) { Timeout = (int)options.StatementTimeout.TotalSeconds + 2 };
        foreach (var query in CommitBatch.Statements(group))
        {
            var command = new NpgsqlBatchCommand(query.Text);
            foreach (var parameter in query.Parameters)
                command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
        }

        var landed = new HashSet<int>();
        // Without a token: a cancelled wait for the answer would leave the outcome open.
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        // The first answer is of the locks, the second of the fence.
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
            landed.Add(reader.GetInt32(0));
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
            // It was broken.
        }
    }

    private static void End(IReadOnlyList<PendingCommit> group, CommitResult result)
    {
        foreach (var pending in group)
            pending.End(result);
    }

    /// <summary>Why a group was undone.</summary>
    private readonly record struct Failure(Exception Fault, bool WasSent)
    {
        /// <summary>Whether it is certain that nothing was written.</summary>
        internal bool IsDefinite => !WasSent || Failures.IsDefinite(Fault);

        /// <summary>Whether the same write can never land.</summary>
        internal bool IsPermanent => Failures.IsPermanent(Fault);

        /// <summary>Whether single commits could be written: one is wrong, or one has met another's lock or took too long.</summary>
        internal bool MayBeDueToOne => WasSent && (IsPermanent || Fault is PostgresException
        {
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled,
        });

        /// <summary>Whether the server chose this transaction to end a deadlock, as retention may bring it about.</summary>
        internal bool IsDeadlock => Fault is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected };

        internal CommitResult Result => IsPermanent
            ? new CommitResult(CommitOutcome.Refused, Failures.Detail(Fault))
            : new CommitResult(CommitOutcome.Failed, Failures.Detail(Fault));
    }
}
