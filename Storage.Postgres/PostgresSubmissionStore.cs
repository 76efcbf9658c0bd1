using System.Data;
using System.Diagnostics.CodeAnalysis;
using Npgsql;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Submissions in the PostgreSQL database. The function <c>ot.submit</c> adds them.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresSubmissionStore(PostgresDatabase database) : ISubmissionStore, IDisposable
{
    // More queues than the service may have. Those beyond it get their turn when the first ones have no submissions.
    private const int MostQueues = 10_000;
    private const long PageBytes = ServiceLimits.BodyBytes;

    // Jumps from queue to queue in the index, so that many submissions of a queue cost no more than one.
    private const string Waiting = """
        WITH RECURSIVE next (queue) AS (
            (SELECT queue FROM ot.submissions WHERE error IS NULL ORDER BY queue LIMIT 1)
            UNION ALL
            SELECT (SELECT s.queue FROM ot.submissions s WHERE s.error IS NULL AND s.queue > next.queue ORDER BY s.queue LIMIT 1)
            FROM next WHERE next.queue IS NOT NULL)
        SELECT queue FROM next WHERE queue IS NOT NULL LIMIT $1
        """;

    private const string Page = """
        SELECT id, task FROM (
            SELECT id, task, sum(octet_length(task)) OVER (ORDER BY id) - octet_length(task) AS before
            FROM (SELECT id, task FROM ot.submissions WHERE queue = $1 AND error IS NULL ORDER BY id LIMIT $2) oldest) page
        WHERE before < $3 ORDER BY id
        """;

    private const string Reject = "UPDATE ot.submissions SET error = $2, refused_at = $3 WHERE id = $1 AND error IS NULL";

    private const string Describe = """
        SELECT (SELECT count(*) FROM ot.submissions WHERE error IS NOT NULL),
            (SELECT left(error, 200) FROM ot.submissions WHERE error IS NOT NULL ORDER BY refused_at DESC LIMIT 1),
            (SELECT id FROM ot.submissions WHERE error IS NULL ORDER BY id LIMIT 1)
        """;

    private const string Delete = """
        DELETE FROM ot.submissions WHERE error IS NOT NULL AND refused_at < $1 AND id IN (
            SELECT id FROM ot.submissions WHERE error IS NOT NULL AND refused_at < $1 ORDER BY refused_at LIMIT $2)
        """;

    // Any role that may connect to the database can notify, as often as it likes.
    private static readonly TimeSpan BetweenLists = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan BeforeRetry = TimeSpan.FromSeconds(1);

    private NpgsqlConnection? listening;
    private long lookedAt;
    private long listedAt;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, another connection may do better.")]
    public async Task<ImmutableArray<string>?> Wait(TimeSpan atMost, CancellationToken cancellation)
    {
        try
        {
            if (listening is null)
            {
                listening = await database.Hold(cancellation).ConfigureAwait(false);
                await new Session(listening, cancellation).Run("LISTEN ot_submissions").ConfigureAwait(false);
                lookedAt = database.Time.GetTimestamp();
                return null;
            }

            // Notifications of other submissions may be lost or switched off, so the time limit holds however many
            // arrive.
            var left = atMost - database.Time.GetElapsedTime(lookedAt);
            if (left > TimeSpan.Zero && await listening.WaitAsync(left, cancellation).ConfigureAwait(false))
                return await ListNotified(listening, cancellation).ConfigureAwait(false);
            // The time limit has ended within a message.
            if (listening.State != ConnectionState.Open)
                Dispose();
            lookedAt = database.Time.GetTimestamp();
            return null;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            Dispose();
            await Task.Delay(atMost < BeforeRetry ? atMost : BeforeRetry, database.Time, cancellation)
                .ConfigureAwait(false);
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues(CancellationToken cancellation) => database.Read(List, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<SubmissionRow>> Read(string queue, CancellationToken cancellation) => database.Read(
        async session => (await session.All(
            new Query(Page).Bind(queue).Bind(ISubmissionStore.PageSize).Bind(PageBytes),
            static row => new SubmissionRow(row.Id(0), row.Utf8(1))).ConfigureAwait(false)).ToImmutableArray(),
        cancellation);

    /// <inheritdoc/>
    public Task Refuse(TaskId id, string error) => database.Write(session => session.Run(
        new Query(Reject).Bind(id).Bind(error).Bind(database.Time.GetUtcNow().ToUnixTimeMilliseconds())));

    /// <inheritdoc/>
    public async Task<SubmissionStatus> Status() => (await database.Read(session => session.First(
        new Query(Describe), static row => new SubmissionStatus(row.Int64(0), row.Text(1), row.NullableId(2)?.CreatedAt)))
        .ConfigureAwait(false))!;

    /// <inheritdoc/>
    public Task<int> Prune(long refusedBefore, int limit) =>
        database.Write(session => session.Run(new Query(Delete).Bind(refusedBefore).Bind(limit)));

    /// <summary>
    /// Returns the queues for which submissions wait. The statement runs on the connection that listens, and so takes in
    /// all notifications that have arrived. What they say is not used: their sender may be anybody.
    /// </summary>
    private async Task<ImmutableArray<string>?> ListNotified(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        var pause = BetweenLists - database.Time.GetElapsedTime(listedAt);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, database.Time, cancellation).ConfigureAwait(false);
        listedAt = database.Time.GetTimestamp();
        return await List(new Session(connection, cancellation)).ConfigureAwait(false);
    }

    private static async Task<ImmutableArray<string>> List(Session session) =>
        [.. await session.All(new Query(Waiting).Bind(MostQueues), static row => row.Text(0)!).ConfigureAwait(false)];

    /// <summary>Ends the connection that waits.</summary>
    public void Dispose()
    {
        listening?.Dispose();
        listening = null;
    }
}
