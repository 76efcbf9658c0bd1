using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>
/// Output in the PostgreSQL database. An appended piece is visible at once but not yet flushed. <see cref="Sync"/>
/// commits with a flush, which also covers everything written before. A stream's first piece is flushed at once. So
/// after a server crash the stream still exists, and <see cref="Sync"/> notices if later pieces are missing.
/// </summary>
/// <param name="database">The open database.</param>
public sealed class PostgresOutputStore(PostgresDatabase database) : IOutputStore
{
    private const string Unflushed = "SET LOCAL synchronous_commit = off";

    private const string Lock = """
        SELECT length FROM ot.output_streams WHERE task = $1 AND attempt = $2 AND token = $3 AND stream = $4 FOR UPDATE
        """;

    private const string Grow = """
        INSERT INTO ot.output_streams (task, attempt, token, stream, length, part, synced) VALUES ($1, $2, $3, $4, $5, $6, 0)
        ON CONFLICT (task, attempt, token, stream) DO UPDATE SET length = excluded.length
        """;

    private const string Add =
        "INSERT INTO ot.output_chunks (task, attempt, token, stream, at, bytes) VALUES ($1, $2, $3, $4, $5, $6)";

    private const string Flush = """
        UPDATE ot.output_streams SET synced = length WHERE task = $1 AND attempt = $2 AND token = $3 RETURNING stream, length
        """;

    private const string SelectLength =
        "SELECT length FROM ot.output_streams WHERE task = $1 AND attempt = $2 AND token = $3 AND stream = $4";

    // The pieces from the last one that begins at or before the offset ($5) up to the end of the page ($6).
    private const string Pieces = """
        SELECT at, bytes FROM ot.output_chunks WHERE task = $1 AND attempt = $2 AND token = $3 AND stream = $4 AND at < $6
            AND at >= coalesce((SELECT max(at) FROM ot.output_chunks
                WHERE task = $1 AND attempt = $2 AND token = $3 AND stream = $4 AND at <= $5), 0)
        ORDER BY at
        """;

    private const string OfPart = "SELECT DISTINCT task, attempt, token FROM ot.output_streams WHERE part = $1";

    private static readonly string[] DeleteAttempt =
    [
        "DELETE FROM ot.output_streams WHERE task = $1 AND attempt = $2 AND token = $3",
        "DELETE FROM ot.output_chunks WHERE task = $1 AND attempt = $2 AND token = $3",
    ];

    private static readonly string[] DeleteTask =
        ["DELETE FROM ot.output_streams WHERE task = $1", "DELETE FROM ot.output_chunks WHERE task = $1"];

    /// <inheritdoc/>
    public async Task Append(
        TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var gap = await database.Write(async session =>
        {
            var length = await session.First(Name(Lock, task, attempt, token).Bind((int)stream), static row => row.Int64(0))
                .ConfigureAwait(false);
            if (offset > length)
                return true;
            var known = (int)Math.Min(length - offset, bytes.Length);
            var rest = bytes[known..];
            if (rest.IsEmpty)
                return false;
            if (length > 0)
                await session.Run(Unflushed).ConfigureAwait(false);
            await session.Run(Name(Grow, task, attempt, token).Bind((int)stream).Bind(length + rest.Length)
                .Bind(OutputKey.PartOf(task))).ConfigureAwait(false);
            // If two callers append the first piece at once, the primary key of the piece lets only one of them
            // succeed.
            await session.Run(Name(Add, task, attempt, token).Bind((int)stream).Bind(length).Bind(rest)).ConfigureAwait(false);
            return false;
        }).ConfigureAwait(false);
        if (gap)
            throw new ArgumentOutOfRangeException(nameof(offset), "The piece would leave a gap before it.");
    }

    /// <inheritdoc/>
    public async Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0)
    {
        var lengths = await database.Write(session => session.All(
            Name(Flush, task, attempt, token), static row => (Stream: (OutputStream)row.Int32(0), Length: row.Int64(1))))
            .ConfigureAwait(false);
        Check(OutputStream.Stdout, stdout);
        Check(OutputStream.Stderr, stderr);

        void Check(OutputStream stream, long least)
        {
            if (lengths.FirstOrDefault(found => found.Stream == stream).Length < least)
                throw new StoreUnavailableException("Written output no longer exists.");
        }
    }

    /// <inheritdoc/>
    public Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream) => database.Read(session =>
        session.First(Name(SelectLength, task, attempt, token).Bind((int)stream), static row => row.Int64(0)));

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> Read(
        TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count)
    {
        var bytes = new byte[Math.Min(count, await Length(task, attempt, token, stream).ConfigureAwait(false) - offset) is var most and > 0
            ? most
            : 0];
        if (bytes.Length == 0)
            return default;
        var filled = await database.Read(async session =>
        {
            var end = 0;
            await session.Each(
                Name(Pieces, task, attempt, token).Bind((int)stream).Bind(offset).Bind(offset + bytes.Length), row =>
                {
                    var piece = row.Bytes(1).AsSpan();
                    var skip = (int)Math.Max(0, offset - row.Int64(0));
                    if (skip >= piece.Length)
                        return true;
                    piece = piece[skip..];
                    var at = (int)(row.Int64(0) + skip - offset);
                    piece[..Math.Min(piece.Length, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
                    end = Math.Min(bytes.Length, at + piece.Length);
                    return end < bytes.Length;
                }).ConfigureAwait(false);
            return end;
        }).ConfigureAwait(false);
        return bytes.AsMemory(0, filled);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<OutputFiles>> List(int part) => [.. await database.Read(session => session.All(
        new Query(OfPart).Bind(part), static row => new OutputFiles(row.Id(0), row.Int32(1), row.Token(2)))).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task Delete(TaskId task, int attempt, LeaseToken token) =>
        database.Write(session => session.RunAll([.. DeleteAttempt.Select(sql => Name(sql, task, attempt, token))]));

    /// <inheritdoc/>
    public Task Delete(TaskId task) =>
        database.Write(session => session.RunAll([.. DeleteTask.Select(sql => new Query(sql).Bind(task))]));

    private static Query Name(string sql, TaskId task, int attempt, LeaseToken token) =>
        new Query(sql).Bind(task).Bind(attempt).Bind(token);
}
